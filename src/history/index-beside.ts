/** Where an overlay would be listed: one directory up, in a file of the same name. */
export function indexBeside(overlay: string): string {
  const segments = overlay.split('/');
  return [...segments.slice(0, -2), ...segments.slice(-1)].join('/');
}
