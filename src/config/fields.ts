import * as z from 'zod';

/** Path of a file; a relative one is taken from the configuration's directory. */
export const file = z.string().min(1);

/** Name of an environment variable. */
export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
