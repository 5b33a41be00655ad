/** metav1.MicroTime has exactly six digits. @param time epoch milliseconds */
export function microTime(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
