/** The few words of notifications, in a table of their own: the worker is no place for the whole of the texts. */
export interface NotificationWords {
  readonly acknowledge: string;
  readonly open: string;
  readonly acknowledged: string;
  readonly failed: string;
}

const WORDS: Readonly<Record<string, NotificationWords>> = {
  en: {
    acknowledge: 'Acknowledge',
    open: 'Open',
    acknowledged: 'Acknowledged: silenced for one hour',
    failed: 'Not acknowledged: open the alerts and try again',
  },
  'zh-Hans': {
    acknowledge: '确认',
    open: '打开',
    acknowledged: '已确认：静默一小时',
    failed: '未能确认：请打开告警后重试',
  },
  'zh-Hant': {
    acknowledge: '確認',
    open: '開啟',
    acknowledged: '已確認：靜默一小時',
    failed: '未能確認：請開啟警示後重試',
  },
};

export function notificationWords(language: string): NotificationWords {
  return WORDS[language] ?? (WORDS['en'] as NotificationWords);
}
