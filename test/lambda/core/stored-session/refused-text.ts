import { Failure } from '../../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';

/** The failure that the text is refused with. */
export function refusedText(text: string): Failure {
  try {
    parseStoredSession(text);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}
