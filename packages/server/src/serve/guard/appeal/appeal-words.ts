/** Table: what the page of an appeal says, in the languages of end users. */
export type AppealLanguage = 'en' | 'zh-Hans' | 'zh-Hant';

export interface AppealWords {
  readonly title: string;
  /** Shown when nothing of a decision may be told. */
  readonly held: string;
  readonly until: string;
  readonly noEnd: string;
  readonly over: string;
  readonly label: string;
  readonly hint: string;
  readonly send: string;
  readonly sentTitle: string;
  readonly sent: string;
  readonly spentTitle: string;
  readonly spent: string;
  readonly forgedTitle: string;
  readonly forged: string;
  readonly emptyText: string;
  readonly failedTitle: string;
  readonly failed: string;
}

export const APPEAL_WORDS: Readonly<Record<AppealLanguage, AppealWords>> = {
  en: {
    title: 'Ask for a review',
    held: 'Your access is restricted because of unusual activity.',
    until: 'The restriction ends at',
    noEnd: 'The restriction holds until somebody has looked at it.',
    over: 'The restriction has ended. You can still tell us about it.',
    label: 'Tell us what happened',
    hint: 'At most 2,000 characters. A person will read it. This link can be used once.',
    send: 'Send',
    sentTitle: 'Thank you',
    sent: 'Your words have arrived. A person will look at the restriction.',
    spentTitle: 'This link is used up',
    spent: 'It was used already, or it is too old. Ask for a new one where you were refused.',
    forgedTitle: 'This link is not valid',
    forged: 'Please open it exactly as you received it.',
    emptyText: 'Please write something, at most 2,000 characters.',
    failedTitle: 'Not now',
    failed: 'This does not work at the moment. Your link is still good: please try again later.',
  },
  'zh-Hans': {
    title: '申请复核',
    held: '由于操作异常，您的访问受到限制。',
    until: '限制解除时间：',
    noEnd: '在人工查看之前，限制一直有效。',
    over: '限制已经解除。您仍然可以向我们说明情况。',
    label: '请说明情况',
    hint: '最多 2000 个字。会有人阅读。此链接只能使用一次。',
    send: '提交',
    sentTitle: '谢谢',
    sent: '已经收到您的说明，会有人查看这项限制。',
    spentTitle: '此链接已失效',
    spent: '链接已经使用过，或者已经过期。请在被拒绝的地方重新获取。',
    forgedTitle: '此链接无效',
    forged: '请按收到的原样打开链接。',
    emptyText: '请填写内容，最多 2000 个字。',
    failedTitle: '暂时无法处理',
    failed: '现在无法处理。您的链接仍然有效，请稍后再试。',
  },
  'zh-Hant': {
    title: '申請複核',
    held: '由於操作異常，您的存取受到限制。',
    until: '限制解除時間：',
    noEnd: '在人工查看之前，限制持續有效。',
    over: '限制已經解除。您仍然可以向我們說明情況。',
    label: '請說明情況',
    hint: '最多 2000 個字。會有人閱讀。此連結只能使用一次。',
    send: '送出',
    sentTitle: '謝謝',
    sent: '已收到您的說明，會有人查看這項限制。',
    spentTitle: '此連結已失效',
    spent: '連結已經使用過，或已經過期。請在被拒絕的地方重新取得。',
    forgedTitle: '此連結無效',
    forged: '請按收到的原樣開啟連結。',
    emptyText: '請填寫內容，最多 2000 個字。',
    failedTitle: '暫時無法處理',
    failed: '現在無法處理。您的連結仍然有效，請稍後再試。',
  },
};

/**
 * The first language of `Accept-Language` that we have, by weight. Chinese is Traditional where it says so, or in
 * Taiwan, Hong Kong and Macau.
 */
export function appealLanguageOf(accepted: string): AppealLanguage {
  const ranked = accepted
    .slice(0, 1000)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const weight = /^ *q=([\d.]+) *$/.exec(parameters.join(';'))?.[1];
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  for (const { tag } of ranked) {
    if (/^en(?:-|$)/.test(tag)) return 'en';
    if (/^zh(?:-.*)?-(?:hant|tw|hk|mo)(?:-|$)/.test(tag)) return tag.includes('hans') ? 'zh-Hans' : 'zh-Hant';
    if (/^zh(?:-|$)/.test(tag)) return 'zh-Hans';
  }
  return 'en';
}
