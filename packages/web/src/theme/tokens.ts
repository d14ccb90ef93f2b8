/**
 * The colours of the UI, in one place, for both colour schemes. `theme.ts` hands them to CSS as
 * `--v-…` variables and to Mantine; charts read the series colours directly, since a canvas knows no
 * variables.
 *
 * Every text colour stands at 4.5:1 or more on every surface it is used on (WCAG AA); the severity
 * pairs at 6.6:1. The series sets were searched for distance under three kinds of colour blindness
 * (smallest CIEDE2000 distance 12.6 light, 14.3 dark) and stand at 3:1 or more on their surface.
 * Colour is never the only sign: severities carry a shape and a word, series a name.
 */
export interface Tokens {
  readonly surface: string;
  readonly surfaceSunken: string;
  readonly surfaceHover: string;
  readonly border: string;
  readonly borderStrong: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly accentHover: string;
  readonly onAccent: string;
  readonly accentSoft: string;
  readonly accentText: string;
  readonly criticalText: string;
  readonly criticalSoft: string;
  readonly warningText: string;
  readonly warningSoft: string;
  readonly infoText: string;
  readonly infoSoft: string;
  readonly okText: string;
  readonly okSoft: string;
  readonly unknownText: string;
  readonly unknownSoft: string;
  readonly grid: string;
}

export type ColourScheme = 'light' | 'dark';

export const TOKENS: Readonly<Record<ColourScheme, Tokens>> = {
  light: {
    surface: '#ffffff',
    surfaceSunken: '#f6f7f9',
    surfaceHover: '#eef0f3',
    border: '#dfe3e8',
    borderStrong: '#858e99',
    text: '#1c2127',
    muted: '#59616b',
    accent: '#2455b8',
    accentHover: '#1d4698',
    onAccent: '#ffffff',
    accentSoft: '#e8eefb',
    accentText: '#1f4fb0',
    criticalText: '#a4151f',
    criticalSoft: '#fde8e8',
    warningText: '#7a4a00',
    warningSoft: '#fff1d6',
    infoText: '#0b4f9e',
    infoSoft: '#e5f0ff',
    okText: '#0b5c3a',
    okSoft: '#dff5e8',
    unknownText: '#4a5057',
    unknownSoft: '#eceef1',
    grid: '#e9ecf0',
  },
  dark: {
    surface: '#1d2026',
    surfaceSunken: '#16181d',
    surfaceHover: '#272b33',
    border: '#2d323b',
    borderStrong: '#6f7886',
    text: '#e6e9ee',
    muted: '#a3abb6',
    accent: '#8fb4ff',
    accentHover: '#a9c5ff',
    onAccent: '#10192b',
    accentSoft: '#1e2a42',
    accentText: '#a4c2ff',
    criticalText: '#ff9a94',
    criticalSoft: '#4a1618',
    warningText: '#ffc861',
    warningSoft: '#432c05',
    infoText: '#8cc2ff',
    infoSoft: '#0f2d4f',
    okText: '#6fdca4',
    okSoft: '#0d3324',
    unknownText: '#b5bcc6',
    unknownSoft: '#2b3038',
    grid: '#2a2f37',
  },
};

export const SERIES_COLOURS: Readonly<Record<ColourScheme, readonly string[]>> = {
  light: ['#228ca8', '#443d84', '#db6f85', '#116550', '#ab8e18', '#ae74f7', '#5a4317', '#697320'],
  dark: ['#379fa2', '#b3b8ef', '#d5477e', '#f6ce35', '#9466cb', '#95f3eb', '#618813', '#a6aa72'],
};
