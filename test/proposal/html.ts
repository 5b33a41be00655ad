import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** Markdown as GitHub makes HTML of it, before anything is removed from it: what is dangerous is seen. */
export function htmlOf(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
}

/** The same without the text of code: what is left are our own words and elements. */
export function skeletonOf(markdown: string): string {
  return htmlOf(markdown).replaceAll(/(<code[^>]*>)[^<]*(?=<\/code>)/g, '$1');
}

/** Text of the cells, row by row. */
export function cellsOf(html: string): readonly (readonly string[])[] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd]>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => textOf(cell)),
  );
}

/** Text of the code of one language, block by block. */
export function codeOf(html: string, language: string): readonly string[] {
  return [...html.matchAll(/<code class="language-(\w+)">(.*?)<\/code>/gs)].flatMap(([, name, text = '']) =>
    name === language ? [textOf(text)] : [],
  );
}

function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
