import type { Blink } from '../core/blink/blink.ts';
import type { SessionVault } from '../core/vault/session-vault.ts';
import type { RunReport } from './report.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Wraps a vault: the report records and times what the run's event tells of. */
export function observedVault(vault: SessionVault, report: RunReport): SessionVault {
  return {
    ...vault,
    async read(session) {
      const reading = await report.time('read', () => vault.read(session));
      report.note({ sessionExists: true, currentVersionId: reading.versionId });
      report.gauge('RefreshTokenAgeDays', Math.max(0, reading.nowMs - reading.createdAtMs) / DAY_MS);
      report.gauge('VersionsInUse', reading.journal.journal.writes.length);
      return reading;
    },
    async claim(...args) {
      const claim = await report.time('claim', () => vault.claim(...args));
      report.note({
        currentVersionId: claim.reading.versionId,
        ...(claim.takesOver && { takeover: true }),
      });
      if (claim.takesOver) report.count('Takeovers');
      return claim;
    },
    async saveToken(claim, token, deadline) {
      const saved = await report.time('save', () => vault.saveToken(claim, token, deadline));
      report.note({ savedVersion: saved.versionId });
      return saved;
    },
    async markLoggedOut(saved, deadline) {
      const markedLoggedOut = await report.time('mark', () => vault.markLoggedOut(saved, deadline));
      report.note({ markedLoggedOut });
      return markedLoggedOut;
    },
  };
}

export function observedBlink(blink: Blink, report: RunReport): Blink {
  return {
    openConnections: (tier) => blink.openConnections(tier),
    async refresh(request, deadline) {
      const result = await report.time('refresh', () => blink.refresh(request, deadline));
      report.note({ refreshTries: result.tries });
      return result;
    },
    findAccount: (...args) => report.time('lookUp', () => blink.findAccount(...args)),
    findClientId: (...args) => report.time('lookUp', () => blink.findClientId(...args)),
    hasClient: (...args) => report.time('lookUp', () => blink.hasClient(...args)),
    logOut: (...args) => report.time('logOut', () => blink.logOut(...args)),
  };
}
