/** A message as people read it: JSON in lines, all else as it is. One that was cut is no JSON any more. */
export function messageText(message: string): string {
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch {
    return message;
  }
}
