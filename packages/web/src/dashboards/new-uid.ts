/** The address of a dashboard that is not stored yet. */
export const NEW_UID = 'new';
