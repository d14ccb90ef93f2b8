/** CSV without quotes inside cells, which none of the given files has; a file that has some is refused. */
export function readTable(text: string): readonly (readonly string[])[] {
  if (text.includes('"'))
    throw new Error('cannot read the table: quoted cells are not expected in these files');
  return text
    .split('\n')
    .map((line) => line.replace('\r', ''))
    .filter((line) => line !== '')
    .map((line) => line.split(','));
}
