import { safeLink } from '@vedette/dashboard';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { MarkdownView } from '../runbook/markdown-view.tsx';
import { parseMarkdown } from '../runbook/markdown.ts';
import { choiceOption, textOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { plainHtmlBlocks } from './plain-html.ts';

/** Words: Markdown, or HTML as far as it is plain formatting; other HTML is shown as it is written. */
export function TextPanel({ panel, height, interpolate }: PanelProps) {
  const { t } = useTranslation();
  const mode = choiceOption(panel.options, 'mode', ['markdown', 'html', 'code']);
  const content = interpolate(textOption(panel.options, 'content'));
  const blocks = useMemo(() => {
    if (mode === 'code') return undefined;
    return mode === 'html'
      ? plainHtmlBlocks(content, (href) => safeLink(href) !== undefined)
      : parseMarkdown(content);
  }, [mode, content]);
  const title = interpolate(panel.title) || t('panel.text');
  return (
    <div className={css.text} style={{ height }} tabIndex={0} role="group" aria-label={title}>
      {blocks === undefined ? (
        <>
          {mode === 'html' && <p className={css.textNote}>{t('panel.htmlNote')}</p>}
          <pre>{content}</pre>
        </>
      ) : (
        <MarkdownView blocks={blocks} />
      )}
    </div>
  );
}
