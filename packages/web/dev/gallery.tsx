import { MantineProvider } from '@mantine/core';
import { useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { startI18n, withPageTexts } from '../src/i18n/i18n.ts';
import { IconButton } from '../src/design/icon-button.tsx';
import { usePanelOffers } from '../src/panel/panel-offers.ts';
import type { ChartMark } from '../src/panel/panel-props.ts';
import { PanelView } from '../src/panel/panel-view.tsx';
import '../src/theme/mantine-styles.ts';
import '../src/theme/global.css';
import { cssVariables, theme } from '../src/theme/theme.ts';
import { BOUNDS } from './gallery-data.ts';
import { GALLERY, type GalleryPanel } from './gallery-panels.ts';
import css from './gallery.module.css';

/**
 * Every kind of panel with what it can do, over invented numbers: `vite packages/web`, then
 * `/dev/gallery.html?section=lines`. Not part of the product; `look-gallery.ts` takes its pictures.
 */
const HEIGHT = 220;

const MINUTE = 60_000;

const MARKS: readonly ChartMark[] = [
  { atMs: BOUNDS.fromMs + 12 * MINUTE, kind: 'deploy', title: 'api 1.4.2', text: 'by the pipeline' },
  {
    atMs: BOUNDS.fromMs + 30 * MINUTE,
    endMs: BOUNDS.fromMs + 38 * MINUTE,
    kind: 'alert',
    title: 'HighErrorRate',
    text: 'job="api"',
  },
];

function Card({ entry, hasMarks }: { readonly entry: GalleryPanel; readonly hasMarks: boolean }) {
  const root = useRef<HTMLElement>(null);
  const [isTable, setIsTable] = useState(false);
  const interpolate = (text: string): string => text;
  const offers = usePanelOffers({ ...entry, root, isTable, onTable: setIsTable, interpolate });
  return (
    <section ref={root} className={css.card} aria-label={entry.panel.title}>
      <header>
        <h2>{entry.panel.title}</h2>
        {offers.map(({ id, text, Icon, run }) => (
          <IconButton key={id} label={`${text}: ${entry.panel.title}`} tip={text} size={24} onClick={run}>
            <Icon size={15} />
          </IconButton>
        ))}
      </header>
      <PanelView
        {...entry}
        height={entry.height ?? HEIGHT}
        bounds={BOUNDS}
        timezone="utc"
        marks={hasMarks ? MARKS : []}
        isTable={isTable}
        interpolate={interpolate}
        onZoom={(fromMs, toMs) => console.log('zoom', fromMs, toMs)}
        onZoomBack={() => console.log('zoom back')}
      />
    </section>
  );
}

function Gallery() {
  const wanted = new URLSearchParams(location.search).get('section');
  const sections = Object.entries(GALLERY).filter(([name]) => wanted === null || wanted === name);
  return (
    <main className={css.page}>
      <h1>Panels</h1>
      {sections.flatMap(([name, entries]) =>
        entries.map((entry, i) => (
          <Card key={`${name} ${i}`} entry={entry} hasMarks={name === 'lines' && i < 2} />
        )),
      )}
    </main>
  );
}

const i18n = await startI18n();
await withPageTexts(Promise.resolve());
const place = document.getElementById('root');
if (place !== null)
  createRoot(place).render(
    <I18nextProvider i18n={i18n}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <Gallery />
      </MantineProvider>
    </I18nextProvider>,
  );
