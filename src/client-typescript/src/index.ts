export * from "./api.js";
export { ReferralGrainsError, ReferralGrainsUnreachable, type ConnectionOptions } from "./connection.js";
