import { codeSpan } from './code-span.ts';
import { linesThatFit } from './lines.ts';
import type { ProposalEntry } from './proposal.ts';

const HEADING = '### Why';
/** Of the last line, when there are more. */
const NOTE_LENGTH = 100;

/** Why each DSO is scaled, a line each. @param room in UTF-16 units: lines give way, and how many did is said */
export function reasonsList(entries: readonly ProposalEntry[], room = Number.POSITIVE_INFINITY): string {
  const lines = entries.map(lineOf);
  const whole = listOf(lines);
  if (whole.length <= room) return whole;
  const shown = linesThatFit(lines, room - HEADING.length - NOTE_LENGTH);
  return listOf([...shown, `- and ${lines.length - shown.length} more, each with its record`]);
}

function listOf(lines: readonly string[]): string {
  return `${HEADING}\n\n${lines.join('\n')}`;
}

function lineOf({ key, reason, total, rule }: ProposalEntry): string {
  const { before, after } = total;
  const change = before === null || before === after ? `at ${after}` : `${before} -> ${after}`;
  const review = rule === null ? '' : `; the rule ${codeSpan(rule)} asks for this review`;
  return `- ${codeSpan(key)} ${change}: ${codeSpan(reason)}${review}`;
}
