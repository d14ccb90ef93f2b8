/**
 * How somebody who was refused asks a person to look: a signed link that can be used once. Looking at it decides
 * nothing and uses nothing up, since mail servers and messengers open every link; the words are sent by a form. Nobody
 * who follows the link is told more than that there is a restriction and when it ends: links are passed on.
 */
import { ExpectedError, InputError, type Clock } from '@vedette/model';
import type { DecisionView, GuardService } from '../../../respond/index.ts';
import { headerOf, type HttpAnswer, type HttpRequest, type Route } from '../../http/route.ts';
import { appealAnswer, type AppealPage } from './appeal-page.ts';
import { APPEAL_WORDS, appealLanguageOf, type AppealLanguage } from './appeal-words.ts';

export interface AppealRoutesDeps {
  readonly clock: Clock;
  readonly guard: () => Promise<GuardService>;
}

/** What a person writes about one restriction, counted as the form counts; a reviewer reads it in a minute. */
const APPEAL_CHARS_MAX = 2000;

/** 2,000 characters of at most 3 bytes, each byte escaped to three. */
const BODY_BYTES_MAX = 32 * 1024;

export function appealRoutes(deps: AppealRoutesDeps): readonly Route[] {
  const route = (methods: Route['methods'], handle: typeof show): Route => ({
    surface: 'guard',
    methods,
    path: '/guard/appeal/:token',
    access: 'own-key',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'text',
    handle: async (request) => {
      const language = appealLanguageOf(headerOf(request.headers, 'accept-language') ?? '');
      try {
        return await handle(deps, request, language);
      } catch (error) {
        return faultAnswer(error, language);
      }
    },
  });
  return [route(['GET', 'HEAD'], show), route(['POST'], submit)];
}

async function show(
  { clock, guard }: AppealRoutesDeps,
  { params }: HttpRequest,
  language: AppealLanguage,
): Promise<HttpAnswer> {
  const view = await (await guard()).appeals.look(params['token'] ?? '');
  return appealAnswer(formPage(view, clock.nowMs(), { language, fault: undefined }));
}

async function submit(
  { clock, guard }: AppealRoutesDeps,
  { params, form }: HttpRequest,
  language: AppealLanguage,
): Promise<HttpAnswer> {
  const { appeals } = await guard();
  const token = params['token'] ?? '';
  // First of all: whoever has no good link is told nothing else.
  const view = await appeals.look(token);
  const words = APPEAL_WORDS[language];
  const text = (form.get('text') ?? '').replaceAll('\r\n', '\n').trim();
  if (text === '' || text.length > APPEAL_CHARS_MAX || text.includes('\0') || !text.isWellFormed())
    return appealAnswer(formPage(view, clock.nowMs(), { language, fault: words.emptyText }));
  await appeals.submit(token, text);
  return appealAnswer({ status: 200, language, title: words.sentTitle, paragraphs: [words.sent] });
}

function formPage(
  { untilMs, state }: DecisionView,
  nowMs: number,
  { language, fault }: { readonly language: AppealLanguage; readonly fault: string | undefined },
): AppealPage {
  const words = APPEAL_WORDS[language];
  const isOver = state === 'lifted' || state === 'expired' || (untilMs !== null && untilMs <= nowMs);
  const end = isOver ? words.over : untilMs === null ? words.noEnd : `${words.until} ${timeText(untilMs)}`;
  const paragraphs = isOver ? [end] : [words.held, end];
  return {
    status: fault === undefined ? 200 : 400,
    language,
    title: words.title,
    paragraphs,
    form: { fault },
  };
}

/** `2026-11-21 10:00 UTC`. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** 410 for what was good once, 403 for what never was, 503 for what will be again. Throws what nobody expected. */
function faultAnswer(error: unknown, language: AppealLanguage): HttpAnswer {
  if (!(error instanceof ExpectedError)) throw error;
  const words = APPEAL_WORDS[language];
  if (!(error instanceof InputError))
    return appealAnswer(
      { status: 503, language, title: words.failedTitle, paragraphs: [words.failed] },
      { 'retry-after': '30' },
    );
  return error.code === 'VED_GUARD_INVALID'
    ? appealAnswer({ status: 403, language, title: words.forgedTitle, paragraphs: [words.forged] })
    : appealAnswer({ status: 410, language, title: words.spentTitle, paragraphs: [words.spent] });
}
