import type { Substitution } from './substitute-modules.ts';

const SMITHY = '@smithy/core/dist-es/submodules';
const AWS = '@aws-sdk/core/dist-es/submodules';

/** What of the packages is replaced or left out, so that a cold start has less to load and nothing to look for. */
export const SUBSTITUTIONS: readonly Substitution[] = [
  {
    file: '@aws-sdk/credential-provider-node/dist-es/index.js',
    digest: 'a952aa83f0c61f1c5399518dc09fe095e793bcd0d93d5e5316e97c8a68f24e25',
    by: 'lambda/substitutes/environment-credentials.ts',
  },
  {
    file: '@aws-sdk/client-secrets-manager/dist-es/runtimeExtensions.js',
    digest: '91acbc1e819f62b25b16ae8d717eab8eb748fedc63a656ffcf6ae353cd0b5dbc',
    by: 'lambda/substitutes/no-extensions.ts',
  },
  {
    file: `${SMITHY}/config/node-config-provider/configLoader.js`,
    digest: '52d078dae8acaf82da89c16c94bb6b0a7f6e60ddac4662289e9154fe581a03fa',
    by: 'lambda/substitutes/environment-config.ts',
  },
  {
    file: `${SMITHY}/serde/util-stream/stream-type-check.js`,
    digest: '23dd8d4e6bf7ab9f5119bbe1b6ec09d10a2465bedb99010af620d6e9b91a6f1d',
    by: 'lambda/substitutes/node-streams-alone.ts',
  },
  {
    file: `${SMITHY}/retry/middleware-retry/isStreamingPayload/isStreamingPayload.js`,
    digest: '1f2d9e568bb9f70b4ab16dbc2323a77fb4047e2c01062d1a924c8716cacf5602',
    by: 'lambda/substitutes/whole-payloads.ts',
  },
  {
    file: `${SMITHY}/config/config-resolver/regionConfig/getInstanceMetadataRegion.js`,
    digest: 'da6d439b0eb4d93a17f5919d6e9d349b3931b2ac9e913b13b7abe3e4f61ee9fa',
    by: 'lambda/substitutes/no-instance-metadata.ts',
  },
  {
    file: `${SMITHY}/serde/date-utils.js`,
    digest: '9b64f13c90463b44c0183721802eb8e482f3207d12b4f397c92a9da9ed688590',
    by: 'lambda/substitutes/epoch-timestamps.ts',
    leavesOut: [
      'dateToUtcString',
      'parseRfc3339DateTime',
      'parseRfc3339DateTimeWithOffset',
      'parseRfc7231DateTime',
    ],
  },
  {
    file: `${AWS}/client/middleware-recursion-detection/getRecursionDetectionPlugin.js`,
    digest: '245a5a67431b66683779e6ce4b09340af248643184d252f0a743c2afb6e0bb8a',
    by: 'lambda/substitutes/no-trace-headers.ts',
  },
  {
    file: `${AWS}/client/middleware-logger/loggerMiddleware.js`,
    digest: '0448f287de1664540e6331241b3ea10d4abf55624400139d57cd5a2e00cb57c5',
    by: 'lambda/substitutes/no-logging.ts',
    leavesOut: ['loggerMiddleware', 'loggerMiddlewareOptions'],
  },
  {
    file: `${SMITHY}/protocols/HttpBindingNormalizedSchema.js`,
    digest: 'c60ee4dff36d68d84ad9c9653569b2888b83c1820bec705cd5187f1ec16deecc',
    by: 'lambda/substitutes/no-http-bindings.ts',
    leavesOut: ['HttpBindingNormalizedSchema'],
  },
  {
    file: '@smithy/signature-v4/dist-es/HeaderFormatter.js',
    digest: 'd82a105e2abe3fbd67a4c0310d48f7b93354813de1dbf98083f76fd08d4583e7',
    by: 'lambda/substitutes/no-event-headers.ts',
  },
  {
    file: 'fast-sha256/sha256.js',
    digest: '08abbd6528bcc26760f49399b9064b87199b9245ad22eea283f30fcffd79c8b3',
    by: 'lambda/substitutes/native-sha256.ts',
  },
  {
    file: '@stablelib/base64/lib/base64.js',
    digest: 'e6fbabe53d8926cfd3baa4057493493f24d8c51ece428d97d7dbb68d5f001160',
    by: 'lambda/substitutes/native-base64.ts',
  },
  // Secrets Manager streams no events.
  {
    file: `${SMITHY}/event-streams/index.js`,
    digest: '261c2b96dec39e36f39a15e0ba77b854bece91ded16073c53f8a242998c3821c',
    leavesOut: ['EventStreamSerde', 'eventStreamSerdeProvider'],
  },
  // What the SDK falls back on where Node has no SHA-256.
  {
    file: `${SMITHY}/checksum/sha256/Sha256Js.js`,
    digest: '54d26649ccb5c6f5d34f89bf22167db9f91eeab6c05af115f7b0dbf041081ec4',
    leavesOut: ['Sha256Js'],
  },
  // The client asks for the standard retry mode in its code, which counts for more than the environment.
  {
    file: `${SMITHY}/retry/util-retry/AdaptiveRetryStrategy.js`,
    digest: '826965148cb6b0f7aae779bcc88909a275b3551f139da9d848b8558cd4463c8e',
    leavesOut: ['AdaptiveRetryStrategy'],
  },
  {
    file: `${SMITHY}/endpoints/middleware-endpoint/service-customizations/s3.js`,
    digest: 'e2df99b94810a69b4d4385d4aaceda3d954ed662c48d66adfafa8296906d5f23',
    leavesOut: [
      'DOT_PATTERN',
      'S3_HOSTNAME_PATTERN',
      'isArnBucketName',
      'isDnsCompatibleBucketName',
      'resolveParamsForS3',
    ],
  },
];
