import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { stylesOf } from '../chart/series-style.ts';
import { useWidth } from '../chart/use-width.ts';
import { formatValue } from '../format/unit.ts';
import { inkOn } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { hasLegend, isLegendBeside } from './legend-layout.ts';
import { choiceOption, textsOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { slicesOf, type Slice } from './pie-slices.ts';
import { reducedOf, type Reduced } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { useScheme } from '../theme/use-scheme.ts';

/** A legend beside the circle needs this width. */
const BESIDE_WIDTH_MIN = 320;

/** Labels on slices smaller than this would lie over each other. */
const LABEL_SHARE_MIN = 0.05;

interface Part {
  readonly key: string;
  readonly name: string;
  readonly text: string;
  readonly colour: string;
}

/** Shares of a whole, as a pie or a ring, with a legend that says them in numbers. */
export function PiePanel({ panel, frames, height, interpolate }: PanelProps) {
  const { t } = useTranslation();
  const scheme = useScheme();
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const { options } = panel;
  const reduced = reducedOf(frames, options);
  const parts = partsOf(reduced, scheme);
  const hole = choiceOption(options, 'pieType', ['pie', 'donut']) === 'donut' ? 0.58 : 0;
  const slices = slicesOf(
    reduced.map(({ value }) => value),
    hole,
  );
  const isListed = hasLegend(options) && parts.length > 0;
  const isBeside = isLegendBeside(options) && width >= BESIDE_WIDTH_MIN;
  if (slices.length === 0) return <p className={css.notice}>{t('panel.noShares')}</p>;
  return (
    <div ref={ref} className={css.pie} data-beside={isBeside} style={{ height }}>
      <svg viewBox="-1.04 -1.04 2.08 2.08" role="img" aria-label={interpolate(panel.title)}>
        {slices.map((slice) => (
          <SliceView
            key={slice.index}
            slice={slice}
            part={parts[slice.index]}
            labels={textsOption(options, 'displayLabels')}
          />
        ))}
      </svg>
      {isListed && <PieLegend parts={parts} slices={slices} values={textsOption(options, 'legend.values')} />}
    </div>
  );
}

function partsOf(reduced: readonly Reduced[], scheme: ColourScheme): Part[] {
  const styles = stylesOf(
    reduced.map(({ name, key }) => `${name} ${key}`),
    scheme,
  );
  return reduced.map(({ key, name, value, field }, i) => {
    const shown = shownValueOf(value, field.config, scheme);
    const isPalette = field.config.color?.mode.startsWith('palette') ?? true;
    const colour = (isPalette ? undefined : shown.colour) ?? styles[i]?.colour ?? '';
    return { key, name, text: shownText(shown), colour };
  });
}

function SliceView({
  slice,
  part,
  labels,
}: {
  readonly slice: Slice;
  readonly part: Part | undefined;
  readonly labels: readonly string[];
}) {
  if (part === undefined) return null;
  const percent = formatValue(slice.share, 'percentunit');
  const texts = [
    ...(labels.includes('name') ? [part.name] : []),
    ...(labels.includes('value') ? [part.text] : []),
    ...(labels.includes('percent') ? [percent] : []),
  ];
  return (
    <g>
      <path d={slice.path} fill={part.colour} className={css.slice}>
        <title>{`${part.name}: ${part.text} (${percent})`}</title>
      </path>
      {slice.share >= LABEL_SHARE_MIN &&
        texts.map((text, i) => (
          <text
            key={i}
            className={css.sliceLabel}
            x={slice.x}
            y={slice.y + (i - (texts.length - 1) / 2) * 0.13 + 0.04}
            fill={inkOn(part.colour)}
          >
            {text.length > 14 ? `${text.slice(0, 13)}…` : text}
          </text>
        ))}
    </g>
  );
}

function PieLegend({
  parts,
  slices,
  values,
}: {
  readonly parts: readonly Part[];
  readonly slices: readonly Slice[];
  readonly values: readonly string[];
}) {
  const { t } = useTranslation();
  const shares = new Map(slices.map(({ index, share }) => [index, share]));
  return (
    <ul className={css.pieLegend} tabIndex={0} aria-label={t('chart.legend')}>
      {parts.map(({ key, name, text, colour }, i) => (
        <li key={key}>
          <span style={{ background: colour }} />
          <span>{name}</span>
          {values.includes('value') && <b>{text}</b>}
          {values.includes('percent') && <b>{formatValue(shares.get(i) ?? 0, 'percentunit')}</b>}
        </li>
      ))}
    </ul>
  );
}
