// A door of its own: few ask, and seldom.
export { ErasedSubjects } from './erased-subjects.ts';
export { createPrivacyOffice } from './privacy-office.ts';
