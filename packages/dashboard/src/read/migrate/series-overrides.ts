import { definedOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';

/** What a `graph` said of series by alias (text, or a pattern between slashes), as field overrides. */
export function takeSeriesOverrides(
  panel: JsonObject,
  rightAxis: JsonObject,
  remarks: Remarks,
): JsonObject[] {
  return objectsOf(panel['seriesOverrides']).map((override) => {
    const alias = textOf(override['alias']);
    const isPattern = /^\/.*\/[a-z]*$/.test(alias);
    const properties = Object.entries(override).flatMap(([key, value]) => {
      if (key === 'alias' || key.startsWith('$$')) return [];
      const found = propertiesOf(key, value, rightAxis, objectOf(override));
      if (found !== undefined) return found;
      remarks.aboutPanel(panel, 'option', `seriesOverrides.${key}`, `of series "${alias}" is not taken over`);
      return [];
    });
    return { matcher: { id: isPattern ? 'byRegexp' : 'byName', options: alias }, properties };
  });
}

interface Property {
  readonly id: string;
  readonly value: unknown;
}

/** `undefined`: has no counterpart. */
function propertiesOf(
  key: string,
  value: unknown,
  rightAxis: JsonObject,
  override: JsonObject,
): Property[] | undefined {
  switch (key) {
    case 'yaxis':
      return numberOf(value) === 2 ? rightAxisProperties(rightAxis) : [];
    case 'fill':
      return [{ id: 'custom.fillOpacity', value: Math.min((numberOf(value) ?? 0) * 10, 100) }];
    case 'fillBelowTo':
      return [{ id: 'custom.fillBelowTo', value }];
    case 'fillGradient':
      return [{ id: 'custom.gradientMode', value: (numberOf(value) ?? 0) > 0 ? 'opacity' : 'none' }];
    case 'linewidth':
      return [{ id: 'custom.lineWidth', value: numberOf(value) ?? 1 }];
    case 'lines':
      return value === false
        ? [{ id: 'custom.lineWidth', value: 0 }]
        : [{ id: 'custom.drawStyle', value: 'line' }];
    case 'bars':
      return value === true
        ? [
            { id: 'custom.drawStyle', value: 'bars' },
            { id: 'custom.fillOpacity', value: 100 },
          ]
        : [];
    case 'points':
      return [{ id: 'custom.showPoints', value: value === true ? 'always' : 'never' }];
    case 'pointradius':
      return [{ id: 'custom.pointSize', value: 2 * (numberOf(value) ?? 2) + 1 }];
    case 'steppedLine':
      return [{ id: 'custom.lineInterpolation', value: value === true ? 'stepAfter' : 'linear' }];
    case 'stack':
      return [{ id: 'custom.stacking', value: stackingOf(value) }];
    case 'color':
      return [{ id: 'color', value: { mode: 'fixed', fixedColor: textOf(value) } }];
    case 'transform':
      return [{ id: 'custom.transform', value: value === 'negative-Y' ? 'negative-Y' : value }];
    case 'nullPointMode':
      return [{ id: 'custom.spanNulls', value: value === 'connected' }];
    case 'dashes':
      return value === true
        ? [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: dashOf(override) } }]
        : [];
    case 'dashLength':
    case 'spaceLength':
    case 'zindex':
      // The first two go with `dashes`; the order of drawing is that of the series.
      return [];
    case 'legend':
      return [{ id: 'custom.hideFrom', value: { legend: value === false, tooltip: false, viz: false } }];
    case 'hiddenSeries':
    case 'hideTooltip':
      return [
        {
          id: 'custom.hideFrom',
          value: { legend: false, tooltip: value === true, viz: key === 'hiddenSeries' && value === true },
        },
      ];
    default:
      return undefined;
  }
}

function dashOf({ dashLength, spaceLength }: JsonObject): number[] {
  return [numberOf(dashLength) ?? 10, numberOf(spaceLength) ?? 10];
}

function stackingOf(value: unknown): JsonObject {
  if (value === true) return { mode: 'normal', group: 'A' };
  return typeof value === 'string' && value !== ''
    ? { mode: 'normal', group: value }
    : { mode: 'none', group: 'A' };
}

function rightAxisProperties(axis: JsonObject): Property[] {
  const log = numberOf(axis['logBase']) ?? 1;
  const config = definedOf({
    'custom.axisPlacement': axis['show'] === false ? 'hidden' : 'right',
    unit: textOf(axis['format']) === '' ? undefined : axis['format'],
    min: numberOf(axis['min']),
    max: numberOf(axis['max']),
    decimals: numberOf(axis['decimals']),
    'custom.axisLabel': textOf(axis['label']) === '' ? undefined : axis['label'],
    'custom.scaleDistribution': log > 1 ? { type: 'log', log } : undefined,
  });
  return Object.entries(config).map(([id, value]) => ({ id, value }));
}
