import type { TemplateRules } from '../manifests/check-template.ts';

/** The templates of messages, by their path in a directory of templates: these can be replaced. */
export const MESSAGE_TEMPLATES = {
  'commit/message.txt': {
    required: ['subject', 'body', 'trailers'],
    optional: [],
    repeatable: [],
    // History finds decisions by the trailers.
    alone: ['body', 'trailers'],
    aloneIn: 'line',
    maxLength: 4000,
    maxLines: 100,
  },
  'proposal/title.txt': {
    required: ['subject'],
    optional: ['base', 'group'],
    repeatable: [],
    alone: [],
    aloneIn: 'line',
    // The subject needs 40 of the 72 columns.
    maxLength: 60,
    maxLines: 1,
  },
  'proposal/body.md': {
    required: ['table', 'reasons'],
    optional: ['chart', 'records'],
    repeatable: ['base', 'group', 'writtenBy', 'renderedAt', 'validUntil', 'hold', 'resume'],
    alone: ['table', 'reasons', 'chart', 'records'],
    aloneIn: 'paragraph',
    // A quarter of what GitHub takes.
    maxLength: 16_384,
    maxLines: 400,
  },
} as const satisfies Record<string, TemplateRules>;

export type MessageTemplate = keyof typeof MESSAGE_TEMPLATES;
