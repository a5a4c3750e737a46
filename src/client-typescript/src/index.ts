export * from "./api.js";
export { ReferralGrainsError, type ConnectionOptions } from "./connection.js";
