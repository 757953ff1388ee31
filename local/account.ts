/** The account and the Region that the stand-ins are in. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '123456789012';
