import { cleanName } from '../manifests/clean-name.ts';
import { columnsOf, cutToColumns } from '../manifests/columns.ts';
import { subjectOf } from '../manifests/subject.ts';
import { fill, fillParagraphs, type Templates } from '../manifests/template.ts';
import { changesChart } from './chart.ts';
import { codeSpan } from './code-span.ts';
import { renderMarker } from './marker.ts';
import type { Proposal } from './proposal.ts';
import { reasonsList } from './reasons.ts';
import { foldedRecords } from './records.ts';
import { changesTable } from './table.ts';

/** GitHub's limit, in code points as far as is known; UTF-16 units are never fewer. */
export const MAX_BODY_LENGTH = 65_536;
export const MAX_TITLE_COLUMNS = 72;
const MIN_SUBJECT_COLUMNS = 40;

/** Title and body of a pull request, in Markdown as GitHub has it. */
export interface RenderedProposal {
  /** At most 72 columns. */
  readonly title: string;
  /** At most 65,536 UTF-16 units. */
  readonly body: string;
}

interface Parts {
  readonly table: string;
  readonly chart: string;
  readonly reasons: string;
}

/**
 * What a pull request says. Where there is too much of it records give way first, then the chart, then rows of the table
 * and reasons; what is missing is said.
 */
export function renderProposal(
  templates: Pick<Templates, 'proposalTitle' | 'proposalBody'>,
  proposal: Proposal,
): RenderedProposal {
  return { title: titleOf(templates.proposalTitle, proposal), body: bodyOf(templates.proposalBody, proposal) };
}

function titleOf(template: string, { base, group, entries }: Proposal): string {
  const names = { base: cleanName(base), group: cleanName(group) };
  const used = columnsOf(fill(template, { ...names, subject: '' }).trim());
  const subjects = entries.map(({ key, total, members }) => ({
    key,
    record: { total, members: Object.fromEntries(members.map((member) => [member.name, member])) },
    members: members.map(({ name }) => name),
    word: null,
  }));
  const subject = subjectOf(subjects, Math.max(MIN_SUBJECT_COLUMNS, MAX_TITLE_COLUMNS - used));
  return cutToColumns(fill(template, { ...names, subject }).trim(), MAX_TITLE_COLUMNS);
}

function bodyOf(template: string, proposal: Proposal): string {
  const { base, group, entries, writtenBy, renderedAt, validUntil } = proposal;
  const [only] = entries.length === 1 ? entries : [];
  const dso = only?.key ?? 'NAMESPACE/NAME';
  const values = {
    base: codeSpan(base),
    group: codeSpan(group),
    writtenBy: codeSpan(writtenBy),
    renderedAt: timeOf(renderedAt),
    validUntil: timeOf(validUntil),
    hold: codeSpan(dso, 'dso-gitops hold '),
    resume: codeSpan(dso, 'dso-gitops resume '),
  };
  const marker = renderMarker(proposal);
  const compose = (parts: Parts, records: string): string =>
    `${fillParagraphs(template, { ...values, ...parts, records })}\n\n${marker}\n`;
  // Each part is a paragraph that costs its text and the empty line before it.
  const roomBeside = (parts: Parts): number => MAX_BODY_LENGTH - compose(parts, '').length - 2;
  const parts = partsThatFit(proposal, roomBeside);
  return compose(parts, foldedRecords(entries, roomBeside(parts)));
}

/** Room for the sentence about the records that have none. */
const RECORDS_NOTE = 200;

function partsThatFit({ entries }: Proposal, roomBeside: (parts: Parts) => number): Parts {
  const whole = { table: changesTable(entries), chart: changesChart(entries), reasons: reasonsList(entries) };
  if (roomBeside(whole) >= RECORDS_NOTE) return whole;
  const withoutChart = { ...whole, chart: '' };
  if (roomBeside(withoutChart) >= RECORDS_NOTE) return withoutChart;
  const room = roomBeside({ table: '', chart: '', reasons: '' }) - RECORDS_NOTE;
  // The table says more; what one of them does not need is the other's.
  const reasons = reasonsList(entries, Math.max(room / 3, room - whole.table.length - 4));
  return { table: changesTable(entries, room - reasons.length - 4), chart: '', reasons };
}

function timeOf(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');
}
