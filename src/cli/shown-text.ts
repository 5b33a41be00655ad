/** Text of an object or of a repository as a terminal may have it: nothing in it moves the cursor or turns the line around. */
export function shownText(text: string): string {
  return text.replaceAll(/[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
}
