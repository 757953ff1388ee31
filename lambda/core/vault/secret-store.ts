/** One version of a secret. Times are by the service's clock. */
export interface SecretVersion {
  readonly versionId: string;
  readonly labels: readonly string[];
  readonly createdAtMs: number;
  readonly text: string;
}

export interface CurrentSecret extends SecretVersion {
  /** A secret that is deleted and made again under its name has another. */
  readonly arn: string;
  /** The time of the answer, in whole seconds. */
  readonly nowMs: number;
}

/**
 * The calls to Secrets Manager that the vault uses. A secret is named by its session or by its ARN.
 * Every failure is a `Failure`: `session_unknown` if there is no such secret,
 * `secret_full` if it has no room for a version, else `secrets_unavailable` or `session_invalid`.
 */
export interface SecretStore {
  /** GetSecretValue: the version that carries AWSCURRENT. */
  readCurrent(secret: string): Promise<CurrentSecret>;
  /** GetSecretValue by version id or label. `undefined` if there is no such version. */
  readVersion(
    secret: string,
    version: { readonly versionId: string } | { readonly label: string },
  ): Promise<SecretVersion | undefined>;
  /**
   * PutSecretValue, sent once. A version id can be written once: the same text again succeeds, another text is a conflict.
   * Moves the labels from any other version. AWSCURRENT is never one of them.
   */
  putVersion(
    secret: string,
    version: { readonly versionId: string; readonly text: string; readonly labels: readonly string[] },
  ): Promise<'written' | 'conflict'>;
  /**
   * UpdateSecretVersionStage, sent once. Moves the label from one version to another. Without `from`, it must be on no
   * version or on `to`. Without `to`, it is removed. If it is on another version, the result is a conflict.
   */
  moveLabel(
    secret: string,
    move: { readonly label: string; readonly from?: string; readonly to?: string },
  ): Promise<'moved' | 'conflict'>;
}
