/** Whether this is the long form, `npm run proof`. */
export const isLong = process.env['PROOF'] === 'long';

/** The one line that a part of the proof ends with. */
export function figures(part: string, numbers: Readonly<Record<string, number>>): void {
  const told = Object.entries(numbers).map(([name, number]) => `${number} ${spaced(name)}`);
  console.log(`proof, ${part}: ${told.join(', ')}`);
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
