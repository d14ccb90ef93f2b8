import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { TOKENS, type Tokens } from './tokens.ts';

/** Mantine wants ten shades; ours come from tokens, so that these are seen only where no variable reaches. */
const accent: MantineColorsTuple = [
  '#e8eefb',
  '#ccd9f5',
  '#a9c0ec',
  '#84a5e2',
  '#5f88d6',
  '#3f6cc8',
  '#2455b8',
  '#1d4698',
  '#163778',
  '#0f2858',
];

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "PingFang TC", "Microsoft YaHei", "Microsoft JhengHei", "Noto Sans CJK SC", sans-serif';

export const theme = createTheme({
  colors: { accent },
  primaryColor: 'accent',
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1rem', sm: '1.125rem', md: '1.25rem', lg: '1.5rem', xl: '1.75rem' },
  spacing: { xs: '0.25rem', sm: '0.5rem', md: '0.75rem', lg: '1rem', xl: '1.5rem' },
  radius: { xs: '0.25rem', sm: '0.25rem', md: '0.375rem', lg: '0.375rem', xl: '0.5rem' },
  defaultRadius: 'sm',
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs', variant: 'filled' } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
  },
});

/** Our tokens as `--v-…`, and Mantine's own variables bent to them. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variablesOf(TOKENS.light),
  dark: variablesOf(TOKENS.dark),
});

function variablesOf(tokens: Tokens): Record<string, string> {
  const own = Object.entries(tokens).map(([name, value]) => [`--v-${kebabOf(name)}`, value]);
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    '--mantine-color-body': tokens.surface,
    '--mantine-color-text': tokens.text,
    '--mantine-color-dimmed': tokens.muted,
    '--mantine-color-placeholder': tokens.muted,
    '--mantine-color-anchor': tokens.accentText,
    '--mantine-color-default': tokens.surface,
    '--mantine-color-default-hover': tokens.surfaceHover,
    '--mantine-color-default-color': tokens.text,
    '--mantine-color-default-border': tokens.border,
    '--mantine-color-error': tokens.criticalText,
    '--mantine-primary-color-filled': tokens.accent,
    '--mantine-primary-color-filled-hover': tokens.accentHover,
    '--mantine-primary-color-contrast': tokens.onAccent,
    '--mantine-primary-color-light': tokens.accentSoft,
    '--mantine-primary-color-light-color': tokens.accentText,
    '--mantine-color-accent-filled': tokens.accent,
    '--mantine-color-accent-filled-hover': tokens.accentHover,
    '--mantine-color-accent-light': tokens.accentSoft,
    '--mantine-color-accent-light-hover': tokens.accentSoft,
    '--mantine-color-accent-light-color': tokens.accentText,
    '--mantine-color-gray-light-hover': tokens.surfaceHover,
    '--mantine-color-gray-light-color': tokens.muted,
  };
}

function kebabOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
