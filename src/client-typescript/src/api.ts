// From docs/openapi.json, by Client.Tests. To write it anew: GRAINS_WRITE=1 ./grains test --filter ClientsAreCurrent
import { Connection } from "./connection.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** ReferralGrains' HTTP API. What fails on the way is tried again under the same ids, so that it is done once. */
export class ReferralGrains extends Connection {
  /**
   * Make a tenant
   *
   * `POST /v1/tenants`. Needs a key with the role operator.
   */
  createTenant(body: NewTenant): Promise<TenantAnswer> {
    return this.send("POST", `/v1/tenants`, {}, body);
  }

  /**
   * All tenants
   *
   * `GET /v1/tenants`. Needs a key with the role operator.
   */
  listTenants(query: { q?: string; limit?: number } = {}): AsyncGenerator<TenantAnswer> {
    return this.pages<TenantAnswer>(`/v1/tenants`, query);
  }

  /**
   * Make a key; it is shown this once
   *
   * `POST /v1/api_keys`. Needs a key with the role key_admin.
   */
  createApiKey(body: NewKey): Promise<NewKeyAnswer> {
    return this.send("POST", `/v1/api_keys`, {}, body);
  }

  /**
   * All keys of the tenant, in the order in which they were made; to an operator those of the installation. Not the keys themselves
   *
   * `GET /v1/api_keys`. Needs a key with the role key_admin.
   */
  listApiKeys(query: { state?: "active" | "expired" | "revoked"; limit?: number } = {}): AsyncGenerator<KeyAnswer> {
    return this.pages<KeyAnswer>(`/v1/api_keys`, query);
  }

  /**
   * End a key for good
   *
   * `DELETE /v1/api_keys/{id}`. Needs a key with the role key_admin.
   */
  deleteApiKey(id: string): Promise<RevokedKeyAnswer> {
    return this.send("DELETE", `/v1/api_keys/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Who changed what and who looked at what is personal, newest first; to an operator what was done with keys of operators
   *
   * `GET /v1/audit_entries`. Needs a key with the role admin or key_admin.
   */
  listAuditEntries(query: { by?: string; operation?: string; subject_id?: string; from?: string; to?: string; limit?: number } = {}): AsyncGenerator<AuditEntryAnswer> {
    return this.pages<AuditEntryAnswer>(`/v1/audit_entries`, query);
  }

  /**
   * Make a program
   *
   * `POST /v1/programs`. Needs a key with the role admin.
   */
  createProgram(body: NewProgram): Promise<ProgramAnswer> {
    return this.send("POST", `/v1/programs`, {}, body);
  }

  /**
   * All programs, each with its rules
   *
   * `GET /v1/programs`. Needs a key with the role read.
   */
  listPrograms(query: { state?: "enabled" | "disabled"; q?: string; limit?: number } = {}): AsyncGenerator<ProgramAnswer> {
    return this.pages<ProgramAnswer>(`/v1/programs`, query);
  }

  /**
   * Change a program's name or discounts, or whether it takes anybody in
   *
   * `PATCH /v1/programs/{id}`. Needs a key with the role admin.
   */
  changeProgram(id: string, body: ProgramChange): Promise<ProgramAnswer> {
    return this.send("PATCH", `/v1/programs/${encodeURIComponent(id)}`, {}, body);
  }

  /**
   * A program with its rules
   *
   * `GET /v1/programs/{id}`. Needs a key with the role read.
   */
  getProgram(id: string): Promise<ProgramAnswer> {
    return this.send("GET", `/v1/programs/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Publish a rule, or a new version of one
   *
   * `POST /v1/programs/{id}/rules`. Needs a key with the role admin.
   */
  createProgramRule(id: string, body: RuleBody, query: { dry_run?: boolean } = {}): Promise<RuleAnswer> {
    return this.send("POST", `/v1/programs/${encodeURIComponent(id)}/rules`, query, body);
  }

  /**
   * All rules, as they stand now
   *
   * `GET /v1/rules`. Needs a key with the role read.
   */
  listRules(query: { program_id?: string; state?: "enabled" | "disabled"; q?: string; limit?: number } = {}): AsyncGenerator<RuleAnswer> {
    return this.pages<RuleAnswer>(`/v1/rules`, query);
  }

  /**
   * One rule, as it stands now
   *
   * `GET /v1/rules/{id}`. Needs a key with the role read.
   */
  getRule(id: string, query: { program_id?: string } = {}): Promise<RuleAnswer> {
    return this.send("GET", `/v1/rules/${encodeURIComponent(id)}`, query, undefined);
  }

  /**
   * Reward nothing by this rule, on every enrollment, until it is enabled
   *
   * `POST /v1/rules/{id}/disable`. Needs a key with the role admin.
   */
  disableRule(id: string, query: { program_id?: string } = {}): Promise<RuleAnswer> {
    return this.send("POST", `/v1/rules/${encodeURIComponent(id)}/disable`, query, undefined);
  }

  /**
   * Reward by this rule again
   *
   * `POST /v1/rules/{id}/enable`. Needs a key with the role admin.
   */
  enableRule(id: string, query: { program_id?: string } = {}): Promise<RuleAnswer> {
    return this.send("POST", `/v1/rules/${encodeURIComponent(id)}/enable`, query, undefined);
  }

  /**
   * Enroll every approved referral of the program in this rule; safe to send again until it has answered
   *
   * `POST /v1/rules/{id}/join`. Needs a key with the role admin.
   */
  joinRule(id: string, query: { dry_run?: boolean; program_id?: string } = {}): Promise<JoinAnswer> {
    return this.send("POST", `/v1/rules/${encodeURIComponent(id)}/join`, query, undefined);
  }

  /**
   * Replay a program's history through a draft rule; to Accept: application/x-ndjson with lines of progress before the result
   *
   * `POST /v1/rules:what_if`. Needs a key with the role admin.
   */
  whatIfRules(body: WhatIfBody, query: { limit?: number; starting_after?: string } = {}): Promise<WhatIfAnswer> {
    return this.send("POST", `/v1/rules:what_if`, query, body);
  }

  /**
   * Make a referrer; the answer has its code
   *
   * `POST /v1/referrers`. Needs a key with the role admin.
   */
  createReferrer(body: NewReferrer): Promise<ReferrerAnswer> {
    return this.send("POST", `/v1/referrers`, {}, body);
  }

  /**
   * All referrers by their ids, those of a program in an order of our own; personal data only for admin keys
   *
   * `GET /v1/referrers`. Needs a key with the role read.
   */
  listReferrers(query: { program_id?: string; state?: "active" | "closed"; q?: string; limit?: number } = {}): AsyncGenerator<ReferrerAnswer> {
    return this.pages<ReferrerAnswer>(`/v1/referrers`, query);
  }

  /**
   * Change a referrer
   *
   * `PATCH /v1/referrers/{id}`. Needs a key with the role admin.
   */
  changeReferrer(id: string, body: ReferrerChange): Promise<ReferrerAnswer> {
    return this.send("PATCH", `/v1/referrers/${encodeURIComponent(id)}`, {}, body);
  }

  /**
   * A referrer; personal data only for admin keys
   *
   * `GET /v1/referrers/{id}`. Needs a key with the role read.
   */
  getReferrer(id: string): Promise<ReferrerAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * What a referrer has of each asset
   *
   * `GET /v1/referrers/{id}/balance`. Needs a key with the role read.
   */
  getReferrerBalance(id: string): Promise<BalanceAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/balance`, {}, undefined);
  }

  /**
   * What a referrer had, what was moved and what is left, in a period, also as it was known at a time
   *
   * `GET /v1/referrers/{id}/statement`. Needs a key with the role read.
   */
  getReferrerStatement(id: string, query: { from?: string; to?: string; known_at?: string } = {}): Promise<StatementAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/statement`, query, undefined);
  }

  /**
   * What happened on all referrals of a referrer, newest first
   *
   * `GET /v1/referrers/{id}/activity`. Needs a key with the role read.
   */
  getReferrerActivity(id: string, query: { limit?: number } = {}): AsyncGenerator<ActivityAnswer> {
    return this.pages<ActivityAnswer>(`/v1/referrers/${encodeURIComponent(id)}/activity`, query);
  }

  /**
   * No new accrual for this referrer; personal data is erased, the ledger stays
   *
   * `POST /v1/referrers/{id}/close`. Needs a key with the role admin.
   */
  closeReferrer(id: string, body: Closing): Promise<ReferrerAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/close`, {}, body);
  }

  /**
   * Make a referrer eligible for a rule
   *
   * `PUT /v1/referrers/{id}/eligible_rules/{rule}`. Needs a key with the role admin.
   */
  putReferrerEligibleRule(id: string, rule: string, query: { program_id?: string } = {}): Promise<EligibilityAnswer> {
    return this.send("PUT", `/v1/referrers/${encodeURIComponent(id)}/eligible_rules/${encodeURIComponent(rule)}`, query, undefined);
  }

  /**
   * Take eligibility for a rule back
   *
   * `DELETE /v1/referrers/{id}/eligible_rules/{rule}`. Needs a key with the role admin.
   */
  deleteReferrerEligibleRule(id: string, rule: string, query: { program_id?: string } = {}): Promise<EligibilityAnswer> {
    return this.send("DELETE", `/v1/referrers/${encodeURIComponent(id)}/eligible_rules/${encodeURIComponent(rule)}`, query, undefined);
  }

  /**
   * Book a bonus, a correction, or what was already paid elsewhere; once for each entry_id, for ever
   *
   * `POST /v1/referrers/{id}/entries`. Needs a key with the role admin.
   */
  createReferrerEntry(id: string, body: NewEntry): Promise<EntryAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/entries`, {}, body);
  }

  /**
   * What was booked for a referrer by hand, newest first
   *
   * `GET /v1/referrers/{id}/entries`. Needs a key with the role read.
   */
  listReferrerEntries(id: string, query: { limit?: number } = {}): AsyncGenerator<EntryAnswer> {
    return this.pages<EntryAnswer>(`/v1/referrers/${encodeURIComponent(id)}/entries`, query);
  }

  /**
   * Redeem credit, points, a service or a coupon of what is payable; once for each spend_id, for ever
   *
   * `POST /v1/referrers/{id}/spends`. Needs a key with the role ingest.
   */
  createReferrerSpend(id: string, body: NewSpend): Promise<SpendAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/spends`, {}, body);
  }

  /**
   * What a referrer spent, newest first
   *
   * `GET /v1/referrers/{id}/spends`. Needs a key with the role read.
   */
  listReferrerSpends(id: string, query: { limit?: number } = {}): AsyncGenerator<SpendAnswer> {
    return this.pages<SpendAnswer>(`/v1/referrers/${encodeURIComponent(id)}/spends`, query);
  }

  /**
   * What waits in groups of a referrer, and for which sum
   *
   * `GET /v1/referrers/{id}/groups`. Needs a key with the role read.
   */
  listReferrerGroups(id: string): Promise<GroupsAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/groups`, {}, undefined);
  }

  /**
   * Make all that waits in the groups of a rule payable now
   *
   * `POST /v1/referrers/{id}/groups/{rule}/release`. Needs a key with the role admin.
   */
  releaseReferrerGroup(id: string, rule: string, query: { program_id?: string } = {}): Promise<GroupsAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/groups/${encodeURIComponent(rule)}/release`, query, undefined);
  }

  /**
   * Referrals and referrers that somebody should look at; by referrer_id the referrer's own
   *
   * `GET /v1/flags`. Needs a key with the role read.
   */
  listFlags(query: { program_id?: string; referrer_id?: string; referee_id?: string; state?: "open" | "cleared" | "confirmed"; limit?: number } = {}): AsyncGenerator<FlagAnswer> {
    return this.pages<FlagAnswer>(`/v1/flags`, query);
  }

  /**
   * All is well: rewards go where their holds say, payouts go on
   *
   * `POST /v1/flags/{id}/clear`. Needs a key with the role admin.
   */
  clearFlag(id: string, body: ReasonBody): Promise<FlagAnswer> {
    return this.send("POST", `/v1/flags/${encodeURIComponent(id)}/clear`, {}, body);
  }

  /**
   * It is what it looks like: a referral is cancelled with all that is pending, a referrer is paid nothing more
   *
   * `POST /v1/flags/{id}/confirm`. Needs a key with the role admin.
   */
  confirmFlag(id: string, body: ReasonBody): Promise<FlagAnswer> {
    return this.send("POST", `/v1/flags/${encodeURIComponent(id)}/confirm`, {}, body);
  }

  /**
   * A referrer's code, its link, and texts to copy, to send by SMS and by e-mail
   *
   * `GET /v1/referrers/{id}/share`. Needs a key with the role read.
   */
  getReferrerShare(id: string, query: { program_id?: string } = {}): Promise<ShareAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/share`, query, undefined);
  }

  /**
   * Active referrers, new clients of the last 30 days, what rewards came to and what of it was paid, referrals that wait
   *
   * `GET /v1/programs/{id}/figures`. Needs a key with the role read.
   */
  listProgramFigures(id: string): Promise<FiguresAnswer> {
    return this.send("GET", `/v1/programs/${encodeURIComponent(id)}/figures`, {}, undefined);
  }

  /**
   * What was earned and paid in all and in each of the last 52 weeks, the best referrers, what is held until when, and how many actions wait
   *
   * `GET /v1/overview`. Needs a key with the role read.
   */
  getOverview(): Promise<OverviewAnswer> {
    return this.send("GET", `/v1/overview`, {}, undefined);
  }

  /**
   * Whatever has an id: of the tenant's programs, rules, referrers (by their codes too), referrals in any program (by aliases too), actions, rewards, enrollments, entries, spends, payout batches and items (by their transfers too)
   *
   * `GET /v1/search`. Needs a key with the role read or finance.
   */
  getSearch(query: { id?: string } = {}): Promise<SearchAnswer> {
    return this.send("GET", `/v1/search`, query, undefined);
  }

  /**
   * What is used of a rule's budget, month by month, the newest first
   *
   * `GET /v1/rules/{id}/budget`. Needs a key with the role read.
   */
  getRuleBudget(id: string, query: { referrer_id?: string; program_id?: string } = {}): Promise<BudgetAnswer> {
    return this.send("GET", `/v1/rules/${encodeURIComponent(id)}/budget`, query, undefined);
  }

  /**
   * Attribute a referee to a referrer
   *
   * `POST /v1/referrals`. Needs a key with the role ingest.
   */
  createReferral(body: NewReferral): Promise<ReferralAnswer> {
    return this.send("POST", `/v1/referrals`, {}, body);
  }

  /**
   * All referrals, in the order of the numbers in their ids, in which what is newer may come before what is older; q is what a referee's id begins with, inside a program
   *
   * `GET /v1/referrals`. Needs a key with the role read.
   */
  listReferrals(query: { program_id?: string; referrer_id?: string; referee_id?: string; state?: "pending" | "approved" | "cancelled"; from?: string; to?: string; q?: string; limit?: number } = {}): AsyncGenerator<ReferralEntry> {
    return this.pages<ReferralEntry>(`/v1/referrals`, query);
  }

  /**
   * Attribute many referees: a line each, and a line each in answer
   *
   * `POST /v1/referrals:batch`. Needs a key with the role ingest.
   */
  batchReferrals(lines: AsyncIterable<NewReferral> | Iterable<NewReferral>): AsyncGenerator<ReferralLineAnswer> {
    return this.lines<NewReferral, ReferralLineAnswer>(`/v1/referrals:batch`, {}, lines);
  }

  /**
   * Attribute a referee by the code that it entered
   *
   * `POST /v1/redemptions`. Needs a key with the role ingest.
   */
  createRedemption(body: Redemption): Promise<ReferralAnswer> {
    return this.send("POST", `/v1/redemptions`, {}, body);
  }

  /**
   * Change a referee's tags, or whether it is active
   *
   * `PATCH /v1/referrals/{program}/{referee}`. Needs a key with the role ingest.
   */
  changeReferral(program: string, referee: string, body: ReferralChange): Promise<ReferralAnswer> {
    return this.send("PATCH", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}`, {}, body);
  }

  /**
   * A referral with its chain, enrollments and rewards
   *
   * `GET /v1/referrals/{program}/{referee}`. Needs a key with the role read.
   */
  getReferral(program: string, referee: string): Promise<ReferralStoryAnswer> {
    return this.send("GET", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}`, {}, undefined);
  }

  /**
   * Approve a pending referral: it is enrolled, and what waited takes effect
   *
   * `POST /v1/referrals/{program}/{referee}/approve`. Needs a key with the role ingest.
   */
  approveReferral(program: string, referee: string, body: ReferralApproval): Promise<ReferralAnswer> {
    return this.send("POST", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/approve`, {}, body);
  }

  /**
   * Stop accrual on a referral
   *
   * `POST /v1/referrals/{program}/{referee}/cancel`. Needs a key with the role ingest.
   */
  cancelReferral(program: string, referee: string, body: ReferralCancellation): Promise<ReferralAnswer> {
    return this.send("POST", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/cancel`, {}, body);
  }

  /**
   * Credit what comes of a referral to another referrer; what was stays as it is
   *
   * `POST /v1/referrals/{program}/{referee}/reassign`. Needs a key with the role admin.
   */
  reassignReferral(program: string, referee: string, body: Reassignment): Promise<ReferralAnswer> {
    return this.send("POST", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/reassign`, {}, body);
  }

  /**
   * Let another id of the referee name its referral, for good: what waits under that takes effect here
   *
   * `POST /v1/referrals/{program}/{referee}/aliases`. Needs a key with the role ingest.
   */
  createReferralAlias(program: string, referee: string, body: NewAlias): Promise<AliasAnswer> {
    return this.send("POST", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/aliases`, {}, body);
  }

  /**
   * What happened on a referral, newest first
   *
   * `GET /v1/referrals/{program}/{referee}/activity`. Needs a key with the role read.
   */
  getReferralActivity(program: string, referee: string, query: { limit?: number } = {}): AsyncGenerator<ActivityAnswer> {
    return this.pages<ActivityAnswer>(`/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/activity`, query);
  }

  /**
   * Record what a referee did
   *
   * `POST /v1/actions`. Needs a key with the role ingest.
   */
  createAction(body: ActionBody, query: { dry_run?: boolean } = {}): Promise<OutcomeBody> {
    return this.send("POST", `/v1/actions`, query, body);
  }

  /**
   * All actions by their ids; those of a program, a referrer or a referee, and those that wait, as they came, referral by referral, in a period by when they were recorded
   *
   * `GET /v1/actions`. Needs a key with the role read.
   */
  listActions(query: { program_id?: string; referrer_id?: string; referee_id?: string; state?: "rewarded" | "not_rewarded" | "reversed" | "parked"; from?: string; to?: string; q?: string; limit?: number } = {}): AsyncGenerator<ActionEntry> {
    return this.pages<ActionEntry>(`/v1/actions`, query, "action_id");
  }

  /**
   * Record many actions: a line each, and a line each in answer, in the same order, while the body is still being sent
   *
   * `POST /v1/actions:stream`. Needs a key with the role ingest.
   */
  streamActions(lines: AsyncIterable<ActionBody> | Iterable<ActionBody>): AsyncGenerator<OutcomeLineBody> {
    return this.lines<ActionBody, OutcomeLineBody>(`/v1/actions:stream`, {}, lines);
  }

  /**
   * What was refused because its id has other content, the newest first
   *
   * `GET /v1/action_conflicts`. Needs a key with the role read.
   */
  listActionConflicts(query: { from?: string; to?: string; limit?: number } = {}): AsyncGenerator<ConflictEntry> {
    return this.pages<ConflictEntry>(`/v1/action_conflicts`, query);
  }

  /**
   * An action and what came of it, as it stands now
   *
   * `GET /v1/actions/{id}`. Needs a key with the role read.
   */
  getAction(id: string): Promise<ActionStoryBody> {
    return this.send("GET", `/v1/actions/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * One enrollment with the terms in force for it
   *
   * `GET /v1/enrollments/{id}`. Needs a key with the role read.
   */
  getEnrollment(id: string): Promise<EnrollmentAnswer> {
    return this.send("GET", `/v1/enrollments/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Adjust, disable or enable one enrollment
   *
   * `PATCH /v1/enrollments/{id}`. Needs a key with the role admin.
   */
  changeEnrollment(id: string, body: EnrollmentChange, query: { dry_run?: boolean } = {}): Promise<EnrollmentAnswer> {
    return this.send("PATCH", `/v1/enrollments/${encodeURIComponent(id)}`, query, body);
  }

  /**
   * End one enrollment; its history stays
   *
   * `DELETE /v1/enrollments/{id}`. Needs a key with the role admin.
   */
  deleteEnrollment(id: string, body: ReasonBody): Promise<EnrollmentAnswer> {
    return this.send("DELETE", `/v1/enrollments/${encodeURIComponent(id)}`, {}, body);
  }

  /**
   * What happened on one enrollment, newest first
   *
   * `GET /v1/enrollments/{id}/activity`. Needs a key with the role read.
   */
  getEnrollmentActivity(id: string, query: { limit?: number } = {}): AsyncGenerator<ActivityAnswer> {
    return this.pages<ActivityAnswer>(`/v1/enrollments/${encodeURIComponent(id)}/activity`, query);
  }

  /**
   * All rewards, referral by referral, in the order in which they were given; in a period by when they were
   *
   * `GET /v1/rewards`. Needs a key with the role read.
   */
  listRewards(query: { program_id?: string; referrer_id?: string; referee_id?: string; state?: "pending" | "released" | "reversed" | "cancelled" | "grouped"; from?: string; to?: string; limit?: number } = {}): AsyncGenerator<RewardAnswer> {
    return this.pages<RewardAnswer>(`/v1/rewards`, query);
  }

  /**
   * The rewards of one referrer
   *
   * `GET /v1/referrers/{id}/rewards`. Needs a key with the role read.
   */
  listReferrerRewards(id: string, query: { state?: "pending" | "released" | "reversed" | "cancelled" | "grouped"; from?: string; to?: string; limit?: number } = {}): AsyncGenerator<RewardAnswer> {
    return this.pages<RewardAnswer>(`/v1/referrers/${encodeURIComponent(id)}/rewards`, query);
  }

  /**
   * The rewards of one referral
   *
   * `GET /v1/referrals/{program}/{referee}/rewards`. Needs a key with the role read.
   */
  listReferralRewards(program: string, referee: string, query: { state?: "pending" | "released" | "reversed" | "cancelled" | "grouped"; from?: string; to?: string; limit?: number } = {}): AsyncGenerator<RewardAnswer> {
    return this.pages<RewardAnswer>(`/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/rewards`, query);
  }

  /**
   * One reward
   *
   * `GET /v1/rewards/{id}`. Needs a key with the role read.
   */
  getReward(id: string): Promise<RewardAnswer> {
    return this.send("GET", `/v1/rewards/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * End the hold window of a pending reward now
   *
   * `POST /v1/rewards/{id}/release`. Needs a key with the role admin.
   */
  releaseReward(id: string): Promise<RewardAnswer> {
    return this.send("POST", `/v1/rewards/${encodeURIComponent(id)}/release`, {}, undefined);
  }

  /**
   * Take back what is left of a pending reward
   *
   * `POST /v1/rewards/{id}/cancel`. Needs a key with the role admin.
   */
  cancelReward(id: string, body: ReasonBody): Promise<RewardAnswer> {
    return this.send("POST", `/v1/rewards/${encodeURIComponent(id)}/cancel`, {}, body);
  }

  /**
   * What is off a referee's first invoice, before it is charged
   *
   * `POST /v1/checkout_discounts`. Needs a key with the role ingest.
   */
  createCheckoutDiscount(body: CheckoutQuote): Promise<CheckoutAnswer> {
    return this.send("POST", `/v1/checkout_discounts`, {}, body);
  }

  /**
   * The invoice was paid with its discount
   *
   * `POST /v1/checkout_discounts/{id}/confirm`. Needs a key with the role ingest.
   */
  confirmCheckoutDiscount(id: string): Promise<CheckoutAnswer> {
    return this.send("POST", `/v1/checkout_discounts/${encodeURIComponent(id)}/confirm`, {}, undefined);
  }

  /**
   * The invoice was not paid: its discount is free again
   *
   * `POST /v1/checkout_discounts/{id}/release`. Needs a key with the role ingest.
   */
  releaseCheckoutDiscount(id: string): Promise<CheckoutAnswer> {
    return this.send("POST", `/v1/checkout_discounts/${encodeURIComponent(id)}/release`, {}, undefined);
  }

  /**
   * What is off a referrer's own payment, before it is charged
   *
   * `POST /v1/payment_discounts`. Needs a key with the role ingest.
   */
  createPaymentDiscount(body: PaymentQuote): Promise<PaymentAnswer> {
    return this.send("POST", `/v1/payment_discounts`, {}, body);
  }

  /**
   * The charge went through: the referrals that it used are used for good
   *
   * `POST /v1/payment_discounts/{id}/confirm`. Needs a key with the role ingest.
   */
  confirmPaymentDiscount(id: string): Promise<PaymentAnswer> {
    return this.send("POST", `/v1/payment_discounts/${encodeURIComponent(id)}/confirm`, {}, undefined);
  }

  /**
   * The charge failed: the referrals that it used wait for the next payment
   *
   * `POST /v1/payment_discounts/{id}/release`. Needs a key with the role ingest.
   */
  releasePaymentDiscount(id: string): Promise<PaymentAnswer> {
    return this.send("POST", `/v1/payment_discounts/${encodeURIComponent(id)}/release`, {}, undefined);
  }

  /**
   * Let a referral count for its referrer's next payment, or use it up without
   *
   * `POST /v1/referrals/{program}/{referee}/payment_discount`. Needs a key with the role admin.
   */
  paymentDiscountReferral(program: string, referee: string, body: ReferralChoiceBody): Promise<ReferralChoiceAnswer> {
    return this.send("POST", `/v1/referrals/${encodeURIComponent(program)}/${encodeURIComponent(referee)}/payment_discount`, {}, body);
  }

  /**
   * Draw up a batch of all that is payable; or see, with dry_run, what it would be and who is left out
   *
   * `POST /v1/payout_batches`. Needs a key with the role finance.
   */
  createPayoutBatch(body: NewPayoutBatch, query: { dry_run?: boolean } = {}): Promise<PayoutBatchAnswer> {
    return this.send("POST", `/v1/payout_batches`, query, body);
  }

  /**
   * Payout batches, the newest first; as a table with Accept: text/csv
   *
   * `GET /v1/payout_batches`. Needs a key with the role read or finance.
   */
  listPayoutBatches(query: { needs_person?: boolean; limit?: number } = {}): AsyncGenerator<PayoutBatchAnswer> {
    return this.pages<PayoutBatchAnswer>(`/v1/payout_batches`, query);
  }

  /**
   * A payout batch with a page of its items; as a table with Accept: text/csv: all of them, or of one that is paid outside, for a bank file, what is still to be paid
   *
   * `GET /v1/payout_batches/{id}`. Needs a key with the role read or finance.
   */
  getPayoutBatch(id: string, query: { all?: boolean; limit?: number; starting_after?: string } = {}): Promise<PayoutBatchAnswer> {
    return this.send("GET", `/v1/payout_batches/${encodeURIComponent(id)}`, query, undefined);
  }

  /**
   * Approve what a frozen batch pays to whom; from then on money leaves
   *
   * `POST /v1/payout_batches/{id}/approve`. Needs a key with the role finance.
   */
  approvePayoutBatch(id: string, body: PayoutApproval): Promise<PayoutBatchAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/approve`, {}, body);
  }

  /**
   * Give up a batch that is not approved; what it had reserved is payable again
   *
   * `POST /v1/payout_batches/{id}/cancel`. Needs a key with the role finance.
   */
  cancelPayoutBatch(id: string): Promise<PayoutBatchAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/cancel`, {}, undefined);
  }

  /**
   * Pay once more what has failed, and nothing else; after a pause, go on
   *
   * `POST /v1/payout_batches/{id}/retry`. Needs a key with the role finance.
   */
  retryPayoutBatch(id: string): Promise<PayoutBatchAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/retry`, {}, undefined);
  }

  /**
   * An item of an approved batch was paid outside, under a reference
   *
   * `POST /v1/payout_batches/{id}/items/{item}/confirm_paid`. Needs a key with the role finance.
   */
  confirmPaidPayoutBatchItem(id: string, item: string, body: PaidReference): Promise<PayoutItemAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/items/${encodeURIComponent(item)}/confirm_paid`, {}, body);
  }

  /**
   * Give up an item of which certainly nothing was paid; its amount is payable again, and a retry leaves it alone
   *
   * `POST /v1/payout_batches/{id}/items/{item}/release`. Needs a key with the role finance.
   */
  releasePayoutBatchItem(id: string, item: string, body: ReasonBody): Promise<PayoutItemAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/items/${encodeURIComponent(item)}/release`, {}, body);
  }

  /**
   * Ask money of the item's transfer back; what comes back is payable again, which pays down what the referrer owes
   *
   * `POST /v1/payout_batches/{id}/items/{item}/reverse`. Needs a key with the role finance.
   */
  reversePayoutBatchItem(id: string, item: string, body: NewReversal): Promise<ReversalAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/items/${encodeURIComponent(item)}/reverse`, {}, body);
  }

  /**
   * What was asked back of the item's transfer, the newest first, and what came of it
   *
   * `GET /v1/payout_batches/{id}/items/{item}/reversals`. Needs a key with the role read or finance.
   */
  listPayoutBatchItemReversals(id: string, item: string): Promise<ReversalsAnswer> {
    return this.send("GET", `/v1/payout_batches/${encodeURIComponent(id)}/items/${encodeURIComponent(item)}/reversals`, {}, undefined);
  }

  /**
   * How this tenant pays out
   *
   * `GET /v1/payout_terms`. Needs a key with the role read or finance.
   */
  listPayoutTerms(): Promise<PayoutTermsAnswer> {
    return this.send("GET", `/v1/payout_terms`, {}, undefined);
  }

  /**
   * Set how this tenant pays out, for every batch that is drawn up from now on
   *
   * `PUT /v1/payout_terms`. Needs a key with the role finance.
   */
  putPayoutTerms(body: PayoutTermsBody): Promise<PayoutTermsAnswer> {
    return this.send("PUT", `/v1/payout_terms`, {}, body);
  }

  /**
   * A link by which a referrer tells Stripe who they are and where they bank; makes the account if there is none
   *
   * `POST /v1/referrers/{id}/onboarding_link`. Needs a key with the role admin or finance.
   */
  onboardingLinkReferrer(id: string, body: NewOnboardingLink): Promise<OnboardingLinkAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/onboarding_link`, {}, body);
  }

  /**
   * Where a referrer is paid, as Stripe said last
   *
   * `GET /v1/referrers/{id}/payout_account`. Needs a key with the role read or finance.
   */
  getReferrerPayoutAccount(id: string): Promise<PayoutAccountAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/payout_account`, {}, undefined);
  }

  /**
   * Pay a referrer to an account that exists; in another's place it is paid nothing for 72 hours
   *
   * `PUT /v1/referrers/{id}/payout_account`. Needs a key with the role finance.
   */
  putReferrerPayoutAccount(id: string, body: LinkedAccount): Promise<PayoutAccountAnswer> {
    return this.send("PUT", `/v1/referrers/${encodeURIComponent(id)}/payout_account`, {}, body);
  }

  /**
   * The Stripe customer that a referrer's account credit goes to
   *
   * `GET /v1/referrers/{id}/credit_account`. Needs a key with the role read or finance.
   */
  getReferrerCreditAccount(id: string): Promise<CreditAccountAnswer> {
    return this.send("GET", `/v1/referrers/${encodeURIComponent(id)}/credit_account`, {}, undefined);
  }

  /**
   * Send a referrer's account credit to a customer that exists; in another's place it is sent nothing for 72 hours
   *
   * `PUT /v1/referrers/{id}/credit_account`. Needs a key with the role finance.
   */
  putReferrerCreditAccount(id: string, body: LinkedCustomer): Promise<CreditAccountAnswer> {
    return this.send("PUT", `/v1/referrers/${encodeURIComponent(id)}/credit_account`, {}, body);
  }

  /**
   * Make a Stripe customer for a referrer who has none, and send account credit there
   *
   * `POST /v1/referrers/{id}/credit_account`. Needs a key with the role finance.
   */
  creditAccountReferrer(id: string): Promise<CreditAccountAnswer> {
    return this.send("POST", `/v1/referrers/${encodeURIComponent(id)}/credit_account`, {}, undefined);
  }

  /**
   * The sum of every kind of account in every asset
   *
   * `GET /v1/ledger/trial_balance`. Needs a key with the role read or finance.
   */
  getLedgerTrialBalance(): Promise<TrialBalanceAnswer> {
    return this.send("GET", `/v1/ledger/trial_balance`, {}, undefined);
  }

  /**
   * Every movement, stream by stream in the order of the journal
   *
   * `GET /v1/ledger/postings`. Needs a key with the role read.
   */
  listLedgerPostings(query: { program_id?: string; referrer_id?: string; referee_id?: string; from?: string; to?: string; limit?: number } = {}): AsyncGenerator<PostingAnswer> {
    return this.pages<PostingAnswer>(`/v1/ledger/postings`, query);
  }

  /**
   * Recompute every balance from the journal and compare
   *
   * `POST /v1/ledger/check`. Needs a key with the role finance.
   */
  checkLedger(): Promise<LedgerCheckAnswer> {
    return this.send("POST", `/v1/ledger/check`, {}, undefined);
  }

  /**
   * Whether Stripe and the books agree, where they do not, and whether payouts are sent
   *
   * `GET /v1/reconciliation`. Needs a key with the role finance.
   */
  getReconciliation(query: { run_id?: string } = {}): Promise<ReconciliationAnswer> {
    return this.send("GET", `/v1/reconciliation`, query, undefined);
  }

  /**
   * Compare Stripe with the books now
   *
   * `POST /v1/reconciliation/run`. Needs a key with the role finance.
   */
  runReconciliation(body: ReconciliationRequest): Promise<ReconciliationRunAnswer> {
    return this.send("POST", `/v1/reconciliation/run`, {}, body);
  }

  /**
   * Send again: somebody has seen to what shut it, and accepts the breaks that were found
   *
   * `POST /v1/send_gate/open`. Needs a key with the role finance.
   */
  openSendGate(body: GateOpening): Promise<SendGateAnswer> {
    return this.send("POST", `/v1/send_gate/open`, {}, body);
  }

  /**
   * Say what became of an item in review; it is held against what Stripe shows now
   *
   * `POST /v1/payout_batches/{id}/items/{item}/resolve`. Needs a key with the role finance.
   */
  resolvePayoutBatchItem(id: string, item: string, body: ReviewBody): Promise<ReviewedItemAnswer> {
    return this.send("POST", `/v1/payout_batches/${encodeURIComponent(id)}/items/${encodeURIComponent(item)}/resolve`, {}, body);
  }

  /**
   * Take events of Stripe, Shopify or CloudEvents as actions of a program, at an address of their own
   *
   * `POST /v1/sources`. Needs a key with the role admin.
   */
  createSource(body: NewSource): Promise<SourceAnswer> {
    return this.send("POST", `/v1/sources`, {}, body);
  }

  /**
   * The sources of the tenant
   *
   * `GET /v1/sources`. Needs a key with the role read.
   */
  listSources(): Promise<SourcesAnswer> {
    return this.send("GET", `/v1/sources`, {}, undefined);
  }

  /**
   * One source
   *
   * `GET /v1/sources/{id}`. Needs a key with the role read.
   */
  getSource(id: string): Promise<SourceAnswer> {
    return this.send("GET", `/v1/sources/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Change where what a source sends from now on goes, what signs it, or how it is read; its address stays
   *
   * `PATCH /v1/sources/{id}`. Needs a key with the role admin.
   */
  changeSource(id: string, body: SourceChange): Promise<SourceAnswer> {
    return this.send("PATCH", `/v1/sources/${encodeURIComponent(id)}`, {}, body);
  }

  /**
   * Take nothing more of a source; what it sent stays, and what still waits for its sale is dropped
   *
   * `DELETE /v1/sources/{id}`. Needs a key with the role admin.
   */
  deleteSource(id: string): Promise<SourceAnswer> {
    return this.send("DELETE", `/v1/sources/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * For the other system: an event, signed by the secret of the source
   *
   * `POST /v1/sources/{kind}/{source}`. Needs no key.
   */
  takeSource(kind: string, source: string): Promise<EventAnswer> {
    return this.send("POST", `/v1/sources/${encodeURIComponent(kind)}/${encodeURIComponent(source)}`, {}, undefined);
  }

  /**
   * Events of sources that wait for the sale which they name, or that moved money and were refused
   *
   * `GET /v1/source_events`. Needs a key with the role read.
   */
  listSourceEvents(query: { source_id?: string; state?: "waiting" | "refused"; limit?: number } = {}): AsyncGenerator<SourceEventAnswer> {
    return this.pages<SourceEventAnswer>(`/v1/source_events`, query);
  }

  /**
   * Look once more for the sale of an event that waits: one that came another way after it is found
   *
   * `POST /v1/source_events/{id}/retry`. Needs a key with the role admin.
   */
  retrySourceEvent(id: string): Promise<SourceEventAnswer> {
    return this.send("POST", `/v1/source_events/${encodeURIComponent(id)}/retry`, {}, undefined);
  }

  /**
   * Let an event wait no more: it never takes effect, and stands among the refused with the reason
   *
   * `POST /v1/source_events/{id}/dismiss`. Needs a key with the role admin.
   */
  dismissSourceEvent(id: string, body: ReasonBody): Promise<SourceEventAnswer> {
    return this.send("POST", `/v1/source_events/${encodeURIComponent(id)}/dismiss`, {}, body);
  }

  /**
   * A link that opens the portal for one referrer, for a while; it is shown this once
   *
   * `POST /v1/portal_links`. Needs a key with the role admin.
   */
  createPortalLink(body: NewPortalLink): Promise<PortalLinkAnswer> {
    return this.send("POST", `/v1/portal_links`, {}, body);
  }

  /**
   * End a link, and what it has opened, before its time
   *
   * `DELETE /v1/portal_links/{id}`. Needs a key with the role admin.
   */
  deletePortalLink(id: string): Promise<RevokedPortalLinkAnswer> {
    return this.send("DELETE", `/v1/portal_links/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * How the portal looks, and whose pages may show it in a frame
   *
   * `GET /v1/portal_settings`. Needs a key with the role read.
   */
  listPortalSettings(): Promise<PortalSettingsBody> {
    return this.send("GET", `/v1/portal_settings`, {}, undefined);
  }

  /**
   * Set how the portal looks, and whose pages may show it in a frame: all of it
   *
   * `PUT /v1/portal_settings`. Needs a key with the role admin.
   */
  putPortalSettings(body: PortalSettingsBody): Promise<PortalSettingsBody> {
    return this.send("PUT", `/v1/portal_settings`, {}, body);
  }

  /**
   * Codes, balances, progress and payouts of the referrer whose link is the key
   *
   * `GET /v1/portal`. Needs a key with the role portal.
   */
  getPortal(): Promise<PortalAnswer> {
    return this.send("GET", `/v1/portal`, {}, undefined);
  }

  /**
   * Ask for cash to be paid out, or not
   *
   * `PATCH /v1/portal`. Needs a key with the role portal.
   */
  changePortal(body: PortalChange): Promise<PortalAnswer> {
    return this.send("PATCH", `/v1/portal`, {}, body);
  }

  /**
   * Its referrals and what came of each, the newest first; referees are masked
   *
   * `GET /v1/portal/referrals`. Needs a key with the role portal.
   */
  listPortalReferrals(query: { limit?: number } = {}): AsyncGenerator<PortalReferralAnswer> {
    return this.pages<PortalReferralAnswer>(`/v1/portal/referrals`, query);
  }

  /**
   * What it was paid and is being paid, the newest first
   *
   * `GET /v1/portal/payouts`. Needs a key with the role portal.
   */
  listPortalPayouts(query: { limit?: number } = {}): AsyncGenerator<PortalPayoutAnswer> {
    return this.pages<PortalPayoutAnswer>(`/v1/portal/payouts`, query);
  }

  /**
   * What it had, each movement and what is left, in a period
   *
   * `GET /v1/portal/statement`. Needs a key with the role portal.
   */
  getPortalStatement(query: { from?: string; to?: string } = {}): Promise<PortalStatementAnswer> {
    return this.send("GET", `/v1/portal/statement`, query, undefined);
  }

  /**
   * A link by which it tells Stripe who it is and where it banks
   *
   * `POST /v1/portal/onboarding_link`. Needs a key with the role portal.
   */
  onboardingLinkPortal(body: NewOnboardingLink): Promise<OnboardingLinkAnswer> {
    return this.send("POST", `/v1/portal/onboarding_link`, {}, body);
  }

  /**
   * What has happened, in its order: what webhooks tell. Events are gathered from the first endpoint or the first look at this list on, and kept for 30 days
   *
   * `GET /v1/events`. Needs a key with the role read.
   */
  listEvents(query: { latest?: boolean; limit?: number } = {}): AsyncGenerator<ToldEventAnswer> {
    return this.pages<ToldEventAnswer>(`/v1/events`, query);
  }

  /**
   * In a sandbox: tell an event that is made up, to try a receiver
   *
   * `POST /v1/events`. Needs a key with the role admin.
   */
  createEvent(body: NewEvent): Promise<MadeEventAnswer> {
    return this.send("POST", `/v1/events`, {}, body);
  }

  /**
   * Be told of what happens, at an address; the secret that signs it is shown this once
   *
   * `POST /v1/webhook_endpoints`. Needs a key with the role admin.
   */
  createWebhookEndpoint(body: NewWebhookEndpoint): Promise<WebhookEndpointAnswer> {
    return this.send("POST", `/v1/webhook_endpoints`, {}, body);
  }

  /**
   * The webhook endpoints of the tenant, and how far each is
   *
   * `GET /v1/webhook_endpoints`. Needs a key with the role read.
   */
  listWebhookEndpoints(query: { limit?: number } = {}): AsyncGenerator<WebhookEndpointAnswer> {
    return this.pages<WebhookEndpointAnswer>(`/v1/webhook_endpoints`, query);
  }

  /**
   * One webhook endpoint
   *
   * `GET /v1/webhook_endpoints/{id}`. Needs a key with the role read.
   */
  getWebhookEndpoint(id: string): Promise<WebhookEndpointAnswer> {
    return this.send("GET", `/v1/webhook_endpoints/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Change a webhook endpoint, or switch it off or on; what it has not been told waits
   *
   * `PATCH /v1/webhook_endpoints/{id}`. Needs a key with the role admin.
   */
  changeWebhookEndpoint(id: string, body: WebhookEndpointChange): Promise<WebhookEndpointAnswer> {
    return this.send("PATCH", `/v1/webhook_endpoints/${encodeURIComponent(id)}`, {}, body);
  }

  /**
   * Tell a webhook endpoint nothing more, and forget it
   *
   * `DELETE /v1/webhook_endpoints/{id}`. Needs a key with the role admin.
   */
  deleteWebhookEndpoint(id: string): Promise<WebhookEndpointAnswer> {
    return this.send("DELETE", `/v1/webhook_endpoints/${encodeURIComponent(id)}`, {}, undefined);
  }

  /**
   * Sign with a new secret, shown this once, and for a while with the old one as well
   *
   * `POST /v1/webhook_endpoints/{id}/rotate_secret`. Needs a key with the role admin.
   */
  rotateSecretWebhookEndpoint(id: string, body: SecretRotation): Promise<WebhookEndpointAnswer> {
    return this.send("POST", `/v1/webhook_endpoints/${encodeURIComponent(id)}/rotate_secret`, {}, body);
  }

  /**
   * Try again now; a disabled endpoint is enabled and goes on from where it stood
   *
   * `POST /v1/webhook_endpoints/{id}/resume`. Needs a key with the role admin.
   */
  resumeWebhookEndpoint(id: string, body: WebhookResumption): Promise<WebhookEndpointAnswer> {
    return this.send("POST", `/v1/webhook_endpoints/${encodeURIComponent(id)}/resume`, {}, body);
  }

  /**
   * What an endpoint took and did not take within 24 hours, and what it is still to be told
   *
   * `GET /v1/webhook_endpoints/{id}/figures`. Needs a key with the role read.
   */
  listWebhookEndpointFigures(id: string): Promise<WebhookFiguresAnswer> {
    return this.send("GET", `/v1/webhook_endpoints/${encodeURIComponent(id)}/figures`, {}, undefined);
  }

  /**
   * Each attempt to tell an endpoint something, the newest first; kept for 30 days
   *
   * `GET /v1/webhook_endpoints/{id}/deliveries`. Needs a key with the role read.
   */
  listWebhookEndpointDeliveries(id: string, query: { limit?: number } = {}): AsyncGenerator<WebhookDeliveryAnswer> {
    return this.pages<WebhookDeliveryAnswer>(`/v1/webhook_endpoints/${encodeURIComponent(id)}/deliveries`, query);
  }

  /**
   * Send what an attempt sent once more, now and out of turn; answers what the endpoint said
   *
   * `POST /v1/webhook_endpoints/{id}/deliveries/{delivery}/resend`. Needs a key with the role admin.
   */
  resendWebhookEndpointDelivery(id: string, delivery: string): Promise<WebhookDeliveryAnswer> {
    return this.send("POST", `/v1/webhook_endpoints/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(delivery)}/resend`, {}, undefined);
  }

  /**
   * Send an event that is made up to one endpoint, now; answers what the endpoint said
   *
   * `POST /v1/webhook_endpoints/{id}/test`. Needs a key with the role admin.
   */
  testWebhookEndpoint(id: string, body: WebhookTest): Promise<WebhookDeliveryAnswer> {
    return this.send("POST", `/v1/webhook_endpoints/${encodeURIComponent(id)}/test`, {}, body);
  }

  /**
   * Move a sandbox's clock on; answers when everything due by then is settled
   *
   * `POST /v1/test_clock/advance`. Needs a key with the role admin.
   */
  advanceTestClock(body: ClockAdvance): Promise<ClockAnswer> {
    return this.send("POST", `/v1/test_clock/advance`, {}, body);
  }

  /**
   * What the key that asks is: its role, its tenant and the time there
   *
   * `GET /v1/session`. Needs a key, of any role.
   */
  getSession(): Promise<SessionAnswer> {
    return this.send("GET", `/v1/session`, {}, undefined);
  }
}

/** An action as it is sent. */
export interface ActionBody {
  action_id: string;
  program_id: string;
  type: "sale" | "refund" | "refund_failed" | "chargeback" | "chargeback_won";
  referee_id: string;
  /** 0 or more for a sale, above zero for the others. */
  amount_minor?: number | null;
  /** ISO 4217; the program's when it is left out. */
  currency?: string | null;
  /** Now when it is left out; at most 5 minutes in the future. */
  occurred_at?: string | null;
  /** The sale that a refund takes back, or the refund that failed. */
  refund_of?: string | null;
  /** The sale that a chargeback takes back, or the sale or chargeback that was won. */
  chargeback_of?: string | null;
  product_ids?: string[] | null;
  /** For people; it decides nothing. */
  note?: string | null;
  /** Texts, numbers, true and false, at most 4 KiB together; it decides nothing. */
  metadata?: Json | null;
  /** Of a sale: what commission is earned on, if it is less than the amount: net of tax, shipping, fees. */
  base_minor?: number | null;
  /** Of a sale: what was bought, no more than the amount together. Of a refund: what it is about. */
  lines?: LineBody[] | null;
  /** At most 20 texts that rules may compare: country, coupon, new or renewal. They are content: a repeat has the same. */
  attributes?: Record<string, string> | null;
}

/** An action as lists show it; what it came to in full is told of one at a time. */
export interface ActionEntry {
  action_id: string;
  program_id: string;
  type: "sale" | "refund" | "refund_failed" | "chargeback" | "chargeback_won";
  referee_id: string;
  /** Null while nobody is known to have referred the referee. */
  referrer_id: string | null;
  status: "rewarded" | "not_rewarded" | "reversed" | "parked";
  amount_minor: number | null;
  currency: string | null;
  occurred_at: string;
  recorded_at: string;
  /** What a parked action waits for. */
  code?: string | null;
}

/** An action, what came of it, and what was sent under its id with other content. */
export interface ActionStoryBody {
  action_id: string;
  program_id: string;
  type: "sale" | "refund" | "refund_failed" | "chargeback" | "chargeback_won";
  referee_id: string;
  referrer_id: string | null;
  amount_minor: number | null;
  currency: string;
  occurred_at: string;
  recorded_at: string;
  refund_of: string | null;
  chargeback_of: string | null;
  product_ids: string[];
  note: string | null;
  metadata: Json | null;
  status: "rewarded" | "not_rewarded" | "reversed" | "parked";
  decisions: DecisionBody[];
  conflicts: ConflictBody[];
  code?: string | null;
  because?: string[] | null;
  base_minor?: number | null;
  lines?: LineBody[] | null;
  attributes?: Record<string, string> | null;
  /** What paid its cash reward, once that was released and money has left. */
  paid_by?: PaidByBody | null;
}

/** When a rule is active: dates in the program's time zone or instants; outside it rewards nothing. */
export interface ActiveBody {
  from?: string | null;
  to?: string | null;
}

/** Something that happened on a referral. */
export interface ActivityAnswer {
  id: string;
  at: string;
  /** A stable word for what happened. */
  type: string;
  program_id: string;
  referee_id: string;
  action_id?: string | null;
  /** The same in a sentence. */
  text: string;
  /** What it gave to or took from enrollments; of one enrollment's page only its own. */
  changes: ActivityChange[];
}

export interface ActivityChange {
  enrollment_id: string;
  reward_id?: string | null;
  /** The decision, or what was done to the reward. */
  code: string;
  asset?: string | null;
  /** Below zero for what was taken back. */
  amount_minor: number;
}

/** An id that names a referral. */
export interface AliasAnswer {
  program_id: string;
  /** By which the referral is known. */
  referee_id: string;
  alias: string;
  duplicate?: boolean | null;
}

export interface AppliedReferralAnswer {
  referee_id: string;
  discount_minor: number;
}

/** What rewards of one asset came to. */
export interface AssetFiguresAnswer {
  asset: string;
  earned_minor: number;
  clawed_back_minor: number;
  net_minor: number;
  /** In a hold window, or in a group. */
  pending_minor: number;
  /** Payable, on its way or paid: net = pending + released. */
  released_minor: number;
  /** Of what is released, what was paid, less what came back. A payout takes all that a referrer is due, whichever program it comes from: of a program it is absent where another one, or an entry by hand, gives in the same asset. */
  paid_minor?: number | null;
}

/** A request that changed something, or that showed what is personal. */
export interface AuditEntryAnswer {
  id: string;
  at: string;
  /** Whose key: key_ and a number, admin_key for the first key, plk_ and a number for a link to the portal. */
  by: string;
  /** all for the first key, portal for a link. */
  role: "ingest" | "read" | "admin" | "finance" | "key_admin" | "operator" | "all" | "portal";
  /** As this description names it. */
  operation: string;
  /** The method and the path, as they were sent; ids are in it. */
  request: string;
  /** What it is about, where there is one such id. */
  subject_id?: string | null;
  /** What was answered. Absent where nobody was: then the request may have been done or not. */
  status?: number | null;
  /** As whoever asked gave it. */
  reason?: string | null;
  /** As the answer had it in Request-Id. */
  request_id: string;
}

export interface BalanceAnswer {
  referrer_id: string;
  balances: BalanceLine[];
}

/** What a referrer has of one asset: net = earned − clawed back = pending + payable + in transit + paid. */
export interface BalanceLine {
  asset: string;
  earned_minor: number;
  clawed_back_minor: number;
  net_minor: number;
  pending_minor: number;
  /** May be below zero: it is earned back before anything is paid. */
  payable_minor: number;
  in_transit_minor: number;
  paid_minor: number;
}

export interface BestReferrerAnswer {
  referrer_id: string;
  asset: string;
  /** Earned less taken back, from the beginning. */
  net_minor: number;
  paid_minor: number;
}

/** Something that Stripe and the books do not agree about. */
export interface BreakAnswer {
  kind: "transfer_without_item" | "item_without_transfer" | "amount_differs" | "currency_differs" | "destination_differs" | "reversed_outside" | "duplicate" | "item_not_open" | "balance_differs";
  item_id: string | null;
  transfer_id: string | null;
  detail: string;
  first_run_id: string;
  accepted_by: string | null;
  accepted_because: string | null;
  accepted_at: string | null;
}

/** A rule without a budget has neither owner nor amount, and no months. */
export interface BudgetAnswer {
  program_id: string;
  rule_id: string;
  referrer_id?: string | null;
  per: "referrer" | "program" | null;
  every: "month" | null;
  /** As it is now, for every month; of the asset that the rule gives. */
  amount_minor: number | null;
  months: BudgetMonth[];
}

/** Bounds what the rule gives net, in all its versions, in the calendar month of the sale's occurred_at, in the program's zone. */
export interface BudgetBody {
  /** Whether each referrer has it for itself, or all share it. It stays as it is; the amount can be changed. */
  per: "referrer" | "program";
  /** Of the asset that the rule gives. What does not fit is cut or dropped, as limits.cap_mode says. */
  amount_minor: number;
  every?: "month" | null;
}

export interface BudgetMonth {
  /** Like 2026-01, in the program's time zone. */
  month: string;
  /** Given less taken back. */
  used_minor: number;
  left_minor: number;
}

export interface ChainStep {
  step: "attributed" | "approved" | "first_sale" | "first_reward" | "first_release" | "first_payout";
  at: string;
  /** Of the payout that took what was payable. */
  batch_id?: string | null;
  /** What paid the referrer in it. */
  item_id?: string | null;
}

export interface CheckoutAnswer {
  payment_id: string;
  program_id: string;
  referee_id: string;
  amount_minor: number;
  discount_minor: number;
  /** What is left to charge. */
  to_pay_minor: number;
  /** none: nothing is taken off, and nothing is kept. A quote that is neither confirmed nor released within 24 hours is released. */
  state: "none" | "quoted" | "confirmed" | "released";
  /** Why nothing is taken off. */
  code?: string | null;
  duplicate?: boolean | null;
}

export interface CheckoutQuote {
  program_id: string;
  referee_id: string;
  /** Names the payment for good: sent again with the same content it is answered the same. */
  payment_id: string;
  /** What is to be paid without a discount, in the program's currency. */
  amount_minor: number;
}

export interface ClockAdvance {
  /** Not before where the clock stands. */
  to: string;
}

export interface ClockAnswer {
  /** Where the clock stands; everything due by then is settled. */
  now: string;
}

export interface Closing {
  reason?: string | null;
  /** settle, when it is left out: what is payable waits to be paid. forfeit: it is taken back, and so is whatever becomes payable later; for good. */
  balance?: "settle" | "forfeit" | null;
}

export interface ConditionsBody {
  /** The amount must exceed it. */
  min_amount_exclusive_minor?: number | null;
  /** One of these must be among the action's; empty means any. */
  product_ids?: string[] | null;
  /** ALL is tagged and untagged, ANY at least one tag, NONE untagged only; or tags by name. */
  referrer_tags?: Json;
  /** Likewise of the referee. */
  referee_tags?: Json;
  /** Are not rewarded. */
  excluded_product_ids?: string[] | null;
  /** Under each of at most 20 keys one of these values must be among the action's attributes. */
  attributes?: Record<string, string[]> | null;
}

/** Other content that was sent under an id that was used: refused, and on record. */
export interface ConflictBody {
  at: string;
  type: string;
  amount_minor: number | null;
  currency: string | null;
  occurred_at: string;
  refund_of: string | null;
  chargeback_of: string | null;
  note: string | null;
  base_minor?: number | null;
  lines?: LineBody[] | null;
  attributes?: Record<string, string> | null;
}

/** An action that was refused because its id has other content. What has the id stands. */
export interface ConflictEntry {
  id: string;
  action_id: string;
  /** Of what has the id. */
  program_id: string;
  /** Of what has the id. */
  referee_id: string;
  /** When it was refused. */
  at: string;
  type: "sale" | "refund" | "refund_failed" | "chargeback" | "chargeback_won";
  amount_minor: number | null;
  currency: string | null;
  occurred_at: string;
  refund_of: string | null;
  chargeback_of: string | null;
  /** When what has the id was recorded. */
  recorded_at: string;
}

/** Where account credit goes. */
export interface CreditAccountAnswer {
  referrer_id: string;
  stripe_customer_id: string;
  /** When it took another customer's place: nothing is sent there for 72 hours from then. */
  changed_at?: string | null;
}

/** What one enrollment made of it. */
export interface DecisionBody {
  enrollment_id: string;
  rule_id: string;
  rule_version: number;
  /** Counts from 1; absent in a rule without tiers. */
  tier?: number | null;
  reward: DecisionRewardBody | null;
  /** rewarded, or the one reason why not. */
  code: string;
  /** The same for a person: each condition with the value that it saw. */
  because: string[];
}

export interface DecisionRewardBody {
  id: string;
  asset: string;
  /** Given or given back: above zero. Taken back: below zero. */
  amount_minor: number;
  state: "pending" | "released" | "reversed" | "cancelled" | "grouped";
  expected_at?: string | null;
}

/** What is taken off a referee's first invoice. */
export interface DiscountBody {
  /** flat is fixed by another name. */
  type: "percent" | "fixed" | "flat";
  /** Basis points of a percentage, at most 10,000; otherwise minor units. */
  value: number;
}

/** net = earned − clawed back. */
export interface EarningsAnswer {
  earned_minor: number;
  clawed_back_minor: number;
  net_minor: number;
}

/** Whether a referrer is eligible for a rule that is granted by hand. */
export interface EligibilityAnswer {
  referrer_id: string;
  program_id: string;
  rule_id: string;
  granted: boolean;
}

/** A referral under one rule, with the terms that are in force for it: pinned version and adjustments. */
export interface EnrollmentAnswer {
  id: string;
  program_id: string;
  referee_id: string;
  referrer_id: string;
  rule_id: string;
  rule_version: number;
  state: "active" | "disabled" | "deleted";
  /** Earned less taken back: what the amount cap bounds. */
  net_minor: number;
  /** Rewards issued: what the count cap bounds. */
  reward_count: number;
  /** Whether its terms differ from its rule's. */
  adjusted: boolean;
  limits: LimitsBody;
  conditions: ConditionsBody;
  payout: PayoutBody;
  approved_at?: string | null;
}

/** Changes to one enrollment only. `limits`, `conditions` and `payout` are merged into the terms in force (RFC 7396); null in place of one of them returns to the rule's. */
export interface EnrollmentChange {
  reason: string;
  /** false stops rewards on this enrollment. */
  enabled?: boolean | null;
  limits?: Json;
  conditions?: Json;
  /** With `reward`, `hold` or both. */
  payout?: Json;
}

export interface EntryAnswer {
  id: string;
  entry_id: string;
  referrer_id: string;
  asset: string;
  amount_minor: number;
  already_paid: boolean;
  reason: string;
  /** The key that it was booked with. */
  by: string;
  at: string;
  duplicate?: boolean | null;
}

export interface EventAnswer {
  received: boolean;
  /** recorded, waiting, duplicate or ignored; an event that says nothing to us is taken all the same. */
  outcome: "recorded" | "waiting" | "duplicate" | "ignored";
}

export interface ExclusiveBody {
  group: string;
  /** The lowest goes first; no two rules of a group have the same. */
  priority: number;
}

export interface FiguresAnswer {
  program_id: string;
  /** Open, with a referral that was not cancelled. */
  active_referrers: number;
  /** Referees whose first sale above zero occurred within the last 30 days. */
  new_clients: number;
  /** That wait for approval. */
  pending_referrals: number;
  rewards: AssetFiguresAnswer[];
}

export interface FlagAnswer {
  id: string;
  kind: "self_referral" | "shared_email" | "shared_payout_account" | "many_attributions";
  program_id?: string | null;
  /** Of a referral's flag; its rewards are pending while it is open or confirmed. */
  referee_id?: string | null;
  /** Of a referrer's flag; no new payout item is made for it while it is open or confirmed. */
  referrer_id?: string | null;
  state: "open" | "cleared" | "confirmed";
  reason: string;
  opened_at: string;
  resolved_at?: string | null;
  resolved_by?: string | null;
}

/** One thing that has the id. */
export interface FoundAnswer {
  kind: "program" | "rule" | "referrer" | "referral" | "action" | "reward" | "enrollment" | "entry" | "spend" | "payout_batch" | "payout_item";
  /** Its own, where it was found by another: the referrer's of a code, the referee's of a referral. */
  id: string;
  /** Of a rule, a referral, an action, a reward and an enrollment. */
  program_id?: string | null;
  /** Of a reward and an enrollment. */
  referee_id?: string | null;
  /** Of an entry and a spend. */
  referrer_id?: string | null;
  /** Of a payout item. */
  batch_id?: string | null;
}

export interface GateOpening {
  /** What was seen to. Kept with every break that is accepted by it. */
  reason: string;
}

export interface GroupAnswer {
  program_id: string;
  rule_id: string;
  asset: string;
  /** Counts from 1; those before it were released. */
  number: number;
  /** What waits, after refunds. */
  sum_minor: number;
  /** All of it is payable when the sum reaches this. */
  goal_minor: number;
}

export interface GroupsAnswer {
  referrer_id: string;
  groups: GroupAnswer[];
}

export interface HeldAnswer {
  /** When the day in UTC begins on which it was to be released when it was given: one that has passed waits for a person, or for word of the referee's customer. Absent where only a person or a full group releases it. */
  day?: string | null;
  asset: string;
  amount_minor: number;
}

export interface HoldBody {
  mode: "none" | "days" | "manual" | "days_then_active_customer" | "group";
  days?: number | null;
  /** From when its days count. */
  from?: "unlocked" | "occurred_at" | null;
  /** Of group: the sum of a referrer's rewards of the rule at which all of them are payable. */
  amount_minor?: number | null;
}

/** What became of the approved referrals of the rule's program. */
export interface JoinAnswer {
  rule_id: string;
  rule_version: number;
  /** That were asked. */
  referrals: number;
  /** That are enrolled in the rule from now on, or would be. */
  joined: number;
  /** That have, or had, an enrollment under it. */
  already_enrolled: number;
  /** Nothing was saved. */
  dry_run?: boolean | null;
}

export interface KeyAnswer {
  /** Not the key itself, which nobody has any more. */
  id: string;
  role: string;
  /** Null for an operator's, which speaks for none. */
  tenant: string | null;
  state: "active" | "expired" | "revoked";
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

export interface LedgerCheckAnswer {
  /** Every balance is what the journal says, and no sealed row was changed. */
  ok: boolean;
  checked: LedgerChecked;
  /** The first hundred. */
  differences: LedgerDifferenceAnswer[];
  /** The end of the verified chain. Kept outside, it tells whether history before it was ever rewritten. */
  head: LedgerHead | null;
}

export interface LedgerChecked {
  rows: number;
  postings: number;
  balances: number;
  /** Referrals, referrers and programs whose fold was compared with what is kept beside them. */
  streams: number;
  /** Seals that were verified, of all tenants: the chain is one. */
  seals: number;
}

export interface LedgerDifferenceAnswer {
  /** A stable word. */
  what: string;
  detail: string;
}

export interface LedgerHead {
  position: number;
  hash: string;
}

/** Per enrollment; null means no limit. */
export interface LimitsBody {
  max_count?: number | null;
  max_amount_minor?: number | null;
  /** clamp pays the remainder, drop pays nothing. */
  cap_mode?: "clamp" | "drop" | null;
  days_after_approved?: number | null;
  /** A date in the program's time zone, or an instant. */
  event_from?: string | null;
  /** Likewise; a date is included as a whole. */
  event_to?: string | null;
}

export interface LineBody {
  product_id: string;
  amount_minor: number;
  base_minor?: number | null;
}

/** Why a line was not done; the rest of the stream goes on. */
export interface LineError {
  /** The HTTP status that a single request would have had. */
  status: number;
  code: string;
  detail: string;
  /** The field that it is about. */
  param?: string | null;
}

export interface LinkedAccount {
  /** An account that is connected to the tenant's own already. */
  stripe_account_id: string;
}

export interface LinkedCustomer {
  /** A customer of the tenant's own Stripe account; that of the referrer's profile when it is left out. */
  stripe_customer_id?: string | null;
}

export interface MadeEventAnswer {
  id: string;
  type: string;
}

/** Another id of a referee. */
export interface NewAlias {
  /** It names the same referral from now on, for good: an id of another system, an e-mail address that was taken for one. */
  alias: string;
}

export interface NewEntry {
  entry_id: string;
  asset: string;
  /** Above zero it is earned and payable at once; below zero it is taken back, and payable may go below zero. */
  amount_minor: number;
  reason?: string | null;
  /** Moves what is payable to what is paid, and nothing else. */
  already_paid?: boolean | null;
}

export interface NewEvent {
  /** Of the event that is made up. */
  type: "referral.created" | "referral.approved" | "referral.cancelled" | "referral.reassigned" | "reward.pending" | "reward.payable" | "reward.cancelled" | "reward.clawed_back" | "reward.restored" | "reward_group.released" | "referrer.created" | "referrer.closed" | "entry.booked" | "flag.raised" | "flag.cleared" | "flag.confirmed" | "payout_item.reserved" | "payout_item.paid" | "payout_item.failed" | "payout_item.released" | "payout_item.reversed" | "payout_item.in_review" | "payout_item.reviewed" | "payout_item.reversal_rejected" | "payout_batch.ready" | "payout_batch.approved" | "payout_batch.paused" | "payout_batch.settled" | "payout_batch.cancelled";
}

export interface NewKey {
  role: "ingest" | "read" | "admin" | "finance" | "key_admin" | "operator";
  /** The caller's own when it is left out; none for an operator's key, which speaks for no tenant. */
  tenant?: string | null;
  /** From then on it opens nothing; never when it is left out. */
  expires_at?: string | null;
}

export interface NewKeyAnswer {
  id: string;
  /** Shown this once, and not to a repeat: only its hash is kept. */
  key?: string | null;
  role: string;
  tenant: string | null;
  expires_at: string | null;
}

export interface NewOnboardingLink {
  /** Where the referrer comes back to. */
  return_url: string;
  /** Where the referrer goes whose link is too old; return_url when it is left out. */
  refresh_url?: string | null;
  /** Two letters: where a new account is to be. */
  country?: string | null;
}

export interface NewPayoutBatch {
  /** Made up when it is left out. */
  id?: string | null;
  /** What the payout terms say when it is left out. */
  delivery?: "stripe" | "outside" | null;
}

export interface NewPortalLink {
  referrer_id: string;
  /** Seconds from now; an hour when it is left out. */
  expires_in?: number | null;
}

export interface NewProgram {
  name: string;
  /** ISO 4217. */
  currency: string;
  /** IANA name, like Europe/London: bare dates of rules are days there. */
  time_zone: string;
  /** Made up when it is left out. */
  id?: string | null;
  new_customer_discount?: DiscountBody | null;
  payment_discount?: PaymentDiscountBody | null;
  /** Where referees sign up, with {code} in the place of the referrer's code. */
  share_url?: string | null;
}

/** Who referred whom, by the referrer's id or by its code. */
export interface NewReferral {
  program_id: string;
  referee_id: string;
  referrer_id?: string | null;
  code?: string | null;
  /** Compared with the referrer's, and not kept: the same mailbox is flagged. */
  referee_email?: string | null;
  /** What windows begin at; now when it is left out. It may lie in the past: sales from then on count, and else those since the referee was referred. */
  approved_at?: string | null;
  /** approved when it is left out. */
  status?: "approved" | "pending" | null;
  tags?: string[] | null;
  /** What the referral itself is worth, for rules of: conversion_value. */
  conversion_value_minor?: number | null;
  /** The referee's customer, for holds that look at it. */
  stripe_customer_id?: string | null;
}

export interface NewReferrer {
  /** Made up when it is left out. */
  id?: string | null;
  email?: string | null;
  name?: string | null;
  tags?: string[] | null;
  /** Wants cash rewards to be paid out. */
  cash_opt_in?: boolean | null;
  stripe_customer_id?: string | null;
  /** What it chose for its code; one is made when it is left out. */
  code?: string | null;
}

export interface NewReversal {
  /** The same again is the same reversal, for ever. */
  reversal_id: string;
  /** At most what is left of the transfer. */
  amount_minor: number;
  /** Kept with it. */
  reason: string;
}

/** Another system whose events become actions of a program. */
export interface NewSource {
  kind: "stripe" | "shopify" | "cloudevents";
  program_id: string;
  /** Names the secret that signs its events in the server's file of secrets: the secret itself is never sent here. */
  secret_ref: string;
  mapping?: SourceMapping | null;
}

export interface NewSpend {
  spend_id: string;
  asset: string;
  amount_minor: number;
}

export interface NewTenant {
  id: string;
  /** For trying things out: it has a clock of its own. */
  sandbox?: boolean | null;
  /** Where a sandbox's clock stands at first; the real time when it is left out. */
  clock_at?: string | null;
}

export interface NewWebhookEndpoint {
  /** https, and to a public address; in a sandbox http will do. */
  url: string;
  /** For whoever looks at the list. */
  description?: string | null;
  /** Only these types; all when it is left out or empty. */
  events?: string[] | null;
}

export interface NoticeAnswer {
  type: string;
  event_id: string;
  account_id: string;
  object_id: string | null;
  received_at: string;
  /** Why it could not be followed. */
  failure: string | null;
}

export interface OnboardingLinkAnswer {
  referrer_id: string;
  /** For the referrer and nobody else, once. Shown this once, and not to a repeat. */
  url?: string | null;
  expires_at: string;
  account: PayoutAccountAnswer;
}

/** What came of an action, as it stands now. */
export interface OutcomeBody {
  action_id: string;
  status: "rewarded" | "not_rewarded" | "reversed" | "parked";
  /** What a parked action waits for. */
  code?: string | null;
  decisions: DecisionBody[];
  because?: string[] | null;
  /** It was sent before with the same content. */
  duplicate?: boolean | null;
}

/** A line of a stream's answer: what came of its action, or why not; the last line is the summary. */
export interface OutcomeLineBody {
  line?: number | null;
  action_id?: string | null;
  status?: "rewarded" | "not_rewarded" | "reversed" | "parked" | null;
  code?: string | null;
  decisions?: DecisionBody[] | null;
  because?: string[] | null;
  duplicate?: boolean | null;
  error?: LineError | null;
  summary?: SummaryBody | null;
}

export interface OverviewAnswer {
  /** What all of it came to, from the beginning, manual entries included. */
  assets: AssetFiguresAnswer[];
  /** One without movements is absent. */
  weeks: WeekAnswer[];
  /** Of each asset the ten that it came to most for. */
  best_referrers: BestReferrerAnswer[];
  /** All that is pending in a hold window or a group, by the day of its release. */
  held: HeldAnswer[];
  /** That wait for a referral or a sale. */
  parked_actions: number;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfActionEntry {
  data: ActionEntry[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfActivityAnswer {
  data: ActivityAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfAuditEntryAnswer {
  data: AuditEntryAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfConflictEntry {
  data: ConflictEntry[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfEntryAnswer {
  data: EntryAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfFlagAnswer {
  data: FlagAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfKeyAnswer {
  data: KeyAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfPayoutBatchAnswer {
  data: PayoutBatchAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfPayoutItemAnswer {
  data: PayoutItemAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfPortalPayoutAnswer {
  data: PortalPayoutAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfPortalReferralAnswer {
  data: PortalReferralAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfPostingAnswer {
  data: PostingAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfProgramAnswer {
  data: ProgramAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfReferralEntry {
  data: ReferralEntry[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfReferrerAnswer {
  data: ReferrerAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfRewardAnswer {
  data: RewardAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfRuleAnswer {
  data: RuleAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfSourceEventAnswer {
  data: SourceEventAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfSpendAnswer {
  data: SpendAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfTenantAnswer {
  data: TenantAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfToldEventAnswer {
  data: ToldEventAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfWebhookDeliveryAnswer {
  data: WebhookDeliveryAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** A page of a list, as the outside knows it. */
export interface PageAnswerOfWebhookEndpointAnswer {
  data: WebhookEndpointAnswer[];
  /** Whether another page follows: ask with `starting_after`. */
  has_more: boolean;
}

/** The payout that took what was payable by then. */
export interface PaidByBody {
  batch_id: string;
  item_id: string;
  /** When its item last changed. */
  at: string;
}

export interface PaidReference {
  /** By which whoever paid finds it again: a bank's, or that of a file. The same again changes nothing. */
  reference: string;
}

export interface PaymentAnswer {
  payment_id: string;
  program_id: string;
  referrer_id: string;
  amount_minor: number;
  discount_minor: number;
  /** What is left to charge. */
  to_pay_minor: number;
  state: "quoted" | "confirmed" | "released";
  /** What each takes off, in the order in which they are used. */
  referrals: AppliedReferralAnswer[];
  /** Why nothing is taken off. */
  code?: string | null;
  duplicate?: boolean | null;
}

/** What each referral takes off its referrer's own payments. */
export interface PaymentDiscountBody {
  /** flat is fixed by another name. */
  type: "percent" | "fixed" | "flat";
  /** Basis points of a percentage, at most 10,000; otherwise minor units. */
  value: number;
  /** next, which is what is meant when it is left out: a referral is for one payment. all: off each of them, and nothing is used up. */
  every?: "next" | "all" | null;
  /** auto when it is left out. manual: only referrals that a person lets count. */
  mode?: "auto" | "manual" | null;
}

export interface PaymentQuote {
  program_id: string;
  referrer_id: string;
  /** Names the payment for good: tried again with the same content, it uses the same referrals. */
  payment_id: string;
  /** What is to be paid without a discount, in the program's currency. */
  amount_minor: number;
}

/** Where a referrer is paid, as Stripe said last. */
export interface PayoutAccountAnswer {
  referrer_id: string;
  stripe_account_id: string;
  /** Whether it can receive. */
  transfers: "active" | "pending" | "inactive";
  /** Whether what it receives reaches a bank. */
  payouts_enabled: boolean;
  /** Both. */
  ready: boolean;
  /** When it took another account's place: it is paid nothing for 72 hours from then. */
  changed_at?: string | null;
}

export interface PayoutApproval {
  /** As the batch shows it: what was looked at is what is approved. */
  hash: string;
}

export interface PayoutBatchAnswer {
  /** Absent for a dry run, which draws up nothing. */
  id?: string | null;
  /** draft while its candidates are found, reserving, frozen until it is approved, approved while intents are written, sending, settled; awaiting_funds and review pause it; retrying; cancelling, cancelled. */
  status: string;
  delivery: "stripe" | "outside";
  /** The key that it was made with, or schedule. */
  drawn_by: string;
  scheduled: boolean;
  /** Whoever drew it up may not approve it. */
  second_person: boolean;
  /** It pays what was payable then. */
  drawn_at: string | null;
  totals: PayoutTotalAnswer[];
  /** Of items, amounts and destinations: what is approved. Absent until it is frozen. */
  hash?: string | null;
  approved_by?: string | null;
  /** Why it paused, or why an item was dropped. */
  why?: string | null;
  /** While it is being sent: how long what is left takes at the rate that Stripe allows. */
  seconds_left?: number | null;
  /** A page of them, as they are reserved. */
  items?: PageAnswerOfPayoutItemAnswer | null;
  /** Of a dry run. */
  preview?: PayoutPreview | null;
  duplicate?: boolean | null;
}

export interface PayoutBody {
  reward: RewardBody;
  hold: HoldBody;
}

export interface PayoutItemAnswer {
  id: string;
  referrer_id: string;
  /** GBP; credit:GBP for account credit. */
  currency: string;
  amount_minor: number;
  /** reserved, intended, in_flight, unsettled, looking_up, not_found, awaiting_funds, succeeded, confirmed, partly_reversed, reversed, released, review. */
  state: string;
  /** The connected account; the customer that account credit goes to; outside where it is paid by other means. */
  destination: string;
  /** How often it was tried under a new key. */
  generation: number;
  /** Stripe's name for it; of account credit, for the transaction on the customer's balance. */
  transfer?: string | null;
  /** What it was paid outside under. */
  reference?: string | null;
  /** It was released, or is in review. */
  why?: string | null;
}

/** The least that is paid in a currency. */
export interface PayoutMinimumBody {
  currency: string;
  amount_minor: number;
}

/** What a batch would be that is drawn up now. */
export interface PayoutPreview {
  currencies: PreviewTotal[];
  /** The first thousand of those that it would pay. */
  items: PreviewItem[];
  /** The first thousand of those that it would not. */
  left_out: PreviewLeftOut[];
  /** What since_last compares with; absent where there was none. */
  last_batch?: string | null;
}

export interface PayoutScheduleBody {
  /** week, month, or amount: as soon as somebody's payable amount has reached the minimum of its currency, looked at hourly. */
  every: "week" | "month" | "amount";
  /** Of the week from 1, Monday, to 7; of the month from 1 to 31, and its last day where it has no such day. Not for an amount. */
  day?: number | null;
}

export interface PayoutTermsAnswer {
  minimums: PayoutMinimumBody[];
  schedule: PayoutScheduleBody | null;
  time_zone: string;
  second_person: boolean;
  auto_approve: boolean;
  delivery: "stripe" | "outside";
  credit_delivery: "by_hand" | "stripe";
  /** When the schedule draws up the next batch, or looks whether it should. */
  next_at: string | null;
}

/** How the tenant pays out: all of it, for what is left out is as if it had never been said. */
export interface PayoutTermsBody {
  /** Below it, what is payable in a currency, or in account credit of it, rolls over. */
  minimums?: PayoutMinimumBody[] | null;
  schedule?: PayoutScheduleBody | null;
  /** IANA name; UTC when it is left out. The schedule's days begin there. */
  time_zone?: string | null;
  /** Whoever draws a batch up may not approve it. */
  second_person?: boolean | null;
  /** What the schedule draws up is approved with it. Not beside second_person. */
  auto_approve?: boolean | null;
  /** stripe when it is left out. outside: nothing is sent; each item is confirmed with a reference. */
  delivery?: "stripe" | "outside" | null;
  /** by_hand when it is left out: account credit is redeemed by spends. stripe: batches that Stripe pays also credit the referrers' Stripe customers, without the question whether they asked for cash. */
  credit_delivery?: "by_hand" | "stripe" | null;
}

/** A batch in one currency, or in account credit of one. What a person gave up, or was dropped before the sending, is not in it. */
export interface PayoutTotalAnswer {
  /** GBP; credit:GBP for account credit. */
  currency: string;
  items: number;
  amount_minor: number;
  paid_items: number;
  /** Of transfers that exist, reversed ones included, and of what was confirmed as paid outside. */
  paid_minor: number;
  /** Items whose amount is in transit. */
  open: number;
  /** Items that were released: their amounts are payable again, and a retry pays them. */
  failed: number;
  /** Items that a person has to look at. */
  in_review: number;
}

export interface PortalAmount {
  asset: string;
  net_minor: number;
}

export interface PortalAnswer {
  referrer: PortalReferrer;
  /** By the tenant's clock. */
  now: string;
  settings: PortalSettingsBody;
  /** Those that take somebody in. */
  programs: PortalProgram[];
  balances: BalanceLine[];
  /** What waits for a sum before it is payable. */
  groups: GroupAnswer[];
  payouts: PortalPayouts;
}

export interface PortalCash {
  currency: string;
  payable_minor: number;
  /** Below it nothing is paid out. */
  minimum_minor: number;
  /** Why the next batch would not pay what is payable: flagged, not_opted_in, currency_not_payable, below_minimum, no_account, cooling_off, account_not_ready, indivisible. Absent where it would. */
  waits_for?: string | null;
}

/** What is left out stays. */
export interface PortalChange {
  /** Wants cash rewards to be paid out. */
  cash_opt_in?: boolean | null;
}

export interface PortalLine {
  at: string;
  /** earned; clawed_back by a refund, a chargeback or a correction; given_back of that; released from its hold, and payable; in_transit; paid, or spent; returned, and payable again. */
  what: "earned" | "clawed_back" | "given_back" | "released" | "in_transit" | "paid" | "returned";
  asset: string;
  amount_minor: number;
  program_id?: string | null;
  /** Masked. Absent for what no referral moved. */
  referee?: string | null;
}

export interface PortalLinkAnswer {
  id: string;
  referrer_id: string;
  /** Opens the calls under /v1/portal, as a key. Shown this once, and not to a repeat: only its hash is kept. */
  token?: string | null;
  /** For the referrer's browser and nobody else. It can be opened until it expires. */
  url?: string | null;
  expires_at: string;
}

export interface PortalPayoutAnswer {
  id: string;
  asset: string;
  amount_minor: number;
  /** in_transit until the money was sent, paid, partly_reversed and reversed when it came back, released when it could not be sent and is payable again. */
  state: "in_transit" | "paid" | "partly_reversed" | "reversed" | "released";
  /** When it came to that. */
  at: string;
}

export interface PortalPayouts {
  /** Whether any program gives money, or there is some. */
  pays_cash: boolean;
  delivery: "stripe" | "outside";
  /** By which a batch is drawn up: week, month, or amount as soon as a minimum is reached. Absent: on demand. */
  every?: string | null;
  /** When the next batch is drawn up, where that has a date. */
  next_at?: string | null;
  /** The day that it is then where the tenant pays out, as 2026-01-31: that of UTC may be the one before. */
  next_on?: string | null;
  /** Whether there is an account to which money can be sent. */
  account_linked: boolean;
  /** Whether what is sent there arrives. */
  account_ready: boolean;
  currencies: PortalCash[];
}

export interface PortalProgram {
  id: string;
  name: string;
  currency: string;
  /** Whether any of its rules gives money. */
  pays_cash: boolean;
  /** The program's share_url with the code in it; absent where it has none. */
  link?: string | null;
  texts: ShareTexts;
  /** For who is referred from now on. */
  new_customer_discount?: DiscountBody | null;
  tiers: PortalTier[];
}

export interface PortalReferralAnswer {
  id: string;
  program_id: string;
  /** Masked. */
  referee: string;
  state: "pending" | "approved" | "cancelled";
  attributed_at: string;
  /** When its first sale above zero came in. */
  first_sale_at?: string | null;
  /** By this referrer, less what was taken back. */
  earned: PortalAmount[];
}

export interface PortalReferrer {
  code: string;
  name?: string | null;
  cash_opt_in: boolean;
}

/** How the portal looks, and where: all of it, for what is left out is as the house has it. */
export interface PortalSettingsBody {
  /** What the portal is called: the marketplace's name. */
  title?: string | null;
  /** Of buttons and bars: #rrggbb. What is written on it is black or white, whichever can be read. */
  accent?: string | null;
  /** Of the page. */
  background?: string | null;
  /** Of texts; it must stand out from the background as 4.5 to 1 at least. */
  foreground?: string | null;
  font?: "sans" | "serif" | null;
  /** An image in the address itself, data:image/png;base64,… (or jpeg, webp): no request leaves the host. */
  logo?: string | null;
  /** Whose pages may show the portal in a frame: https://shop.example. None when it is left out. */
  frame_origins?: string[] | null;
}

export interface PortalStatementAnswer {
  /** Absent: from the beginning. */
  from?: string | null;
  /** Just before it. Absent: up to now. */
  to?: string | null;
  assets: StatementAssetAnswer[];
  /** The newest first, a thousand at most. */
  lines: PortalLine[];
  /** Whether the period has more lines than that; the sums hold all of them. */
  has_more: boolean;
}

/** How far the referrer is in the tiers of a rule. */
export interface PortalTier {
  rule_id: string;
  name: string;
  /** value, in the program's currency, or count of referrals. */
  by: "value" | "count";
  reached: number;
  /** Whether a tier holds what was reached: before the first, between two and beyond the last none may. */
  in_tier: boolean;
  /** Where the next tier begins; absent in the last one and beyond it. */
  next?: number | null;
  /** What the rule gives. */
  asset: string;
  /** What the next tier gives, where that is a share. */
  next_basis_points?: number | null;
  /** What the next tier gives, where that is an amount. */
  next_amount_minor?: number | null;
}

/** One movement: an amount above zero from one account to another. */
export interface PostingAnswer {
  id: string;
  at: string;
  from: PostingSide;
  to: PostingSide;
  asset: string;
  amount_minor: number;
  /** Whose account it moves. */
  referrer_id: string | null;
  /** Whose doing it was; null for what no action moved. */
  action_id: string | null;
  /** What it moves; null for what moves several at once, or none. */
  reward_id: string | null;
}

export interface PostingSide {
  account: string;
  /** The number of the program or referrer whose account it is. */
  owner: number;
}

export interface PreviewItem {
  referrer_id: string;
  currency: string;
  amount_minor: number;
  destination: string;
}

export interface PreviewLeftOut {
  referrer_id: string;
  currency: string;
  payable_minor: number;
  /** forfeited, flagged, not_opted_in, currency_not_payable, below_minimum, no_account, no_customer, cooling_off, account_not_ready, indivisible, batch_full. */
  reason: string;
}

export interface PreviewTotal {
  currency: string;
  items: number;
  amount_minor: number;
  /** How many are left out, by reason. */
  left_out: Record<string, number>;
  /** What they have payable: it rolls over. */
  left_out_minor: number;
  /** Of those that are paid: what cannot be moved whole. */
  rolls_over_minor: number;
  since_last?: SinceLast | null;
}

/** Why a request was not done (RFC 9457). */
export interface Problem {
  /** Where the code is explained. */
  type: string;
  title: string;
  status: number;
  /** Stable, for machines. */
  code: string;
  /** The field that it is about. */
  param?: string | null;
  detail: string;
  /** For tiers that may not be meant. */
  warnings?: string[] | null;
  /** Leads to the request in the log. */
  request_id: string;
}

export interface ProgramAnswer {
  id: string;
  name: string;
  currency: string;
  time_zone: string;
  /** Whether anybody new is taken in. */
  enabled: boolean;
  /** For who is referred from now on. */
  new_customer_discount?: DiscountBody | null;
  payment_discount?: PaymentDiscountBody | null;
  share_url?: string | null;
  /** As they stand now, disabled ones included. */
  rules: RuleAnswer[];
  duplicate?: boolean | null;
}

/** What is left out stays; a discount that is null is taken away. */
export interface ProgramChange {
  name?: string | null;
  /** false takes in nobody new; what exists goes on. */
  enabled?: boolean | null;
  /** Where referees sign up, with {code} in the place of the referrer's code. */
  share_url?: string | null;
  new_customer_discount?: DiscountBody | null;
  payment_discount?: PaymentDiscountBody | null;
}

/** Why something is done by hand; it may be left out, body and all. */
export interface ReasonBody {
  /** Kept with what was done. */
  reason?: string | null;
}

export interface Reassignment {
  /** To whom what comes is credited; what was stays with who had it. */
  referrer_id: string;
  reason?: string | null;
}

export interface ReconciliationAnswer {
  send_gate: SendGateAnswer;
  /** The last one, or the one that was asked for; null before the first. */
  run: ReconciliationRunAnswer | null;
  /** Of the last run that has ended; those first that nobody has accepted. The first hundred. */
  breaks: BreakAnswer[];
  has_more: boolean;
  /** What Stripe told that is not ours to act on, such as a failed payout to a bank, and what could not be followed; the newest first. */
  notices: NoticeAnswer[];
}

export interface ReconciliationRequest {
  /** From the beginning; else the last days, at least from where the last run began that agreed. */
  full?: boolean | null;
}

/** One comparison of Stripe with the books. */
export interface ReconciliationRunAnswer {
  id: string;
  state: "waiting" | "running" | "clean" | "breaks" | "failed";
  cause: "start" | "hourly" | "nightly" | "asked";
  full: boolean;
  asked_by: string | null;
  asked_at: string;
  started_at: string | null;
  ended_at: string | null;
  covers_from: string | null;
  /** Transfers come newest first: those made from then on were compared. */
  reached_at: string | null;
  transfers: number;
  /** Compared so far that no listed transfer belongs to. */
  items: number;
  /** That nobody has accepted. */
  breaks: number;
  accepted: number;
  /** Why Stripe was not asked to the end; it is asked again. */
  failure: string | null;
}

/** A code that a referee entered: attributes it, approved now. */
export interface Redemption {
  program_id: string;
  code: string;
  referee_id: string;
  /** Compared with the referrer's, and not kept: the same mailbox is flagged. */
  referee_email?: string | null;
  /** The sale at whose checkout it was entered: that one counts, whenever it occurred. */
  action_id?: string | null;
}

export interface ReferralAnswer {
  program_id: string;
  referee_id: string;
  referrer_id: string;
  status: "pending" | "approved" | "cancelled";
  attributed_at: string;
  approved_at: string | null;
  tags: string[];
  /** Whether the referee is still a customer. */
  active: boolean;
  conversion_value_minor: number | null;
  flags: ReferralFlag[];
  duplicate?: boolean | null;
}

export interface ReferralApproval {
  /** What windows begin at; now when it is left out. It may lie in the past: sales from then on count, and else those since the referee was referred. */
  approved_at?: string | null;
}

export interface ReferralCancellation {
  reason?: string | null;
  /** Pending rewards are cancelled too; otherwise they stay. */
  cancel_pending?: boolean | null;
}

/** What is left out stays. */
export interface ReferralChange {
  tags?: string[] | null;
  /** Whether the referee is still a customer. */
  active?: boolean | null;
}

export interface ReferralChoiceAnswer {
  program_id: string;
  referee_id: string;
  referrer_id: string;
  decision: "apply" | "decline";
}

export interface ReferralChoiceBody {
  /** apply: it counts where discounts are given by hand. decline: it is used up without one, because it was declined or rewarded by another thing. */
  decision: "apply" | "decline";
  reason?: string | null;
}

/** What became of a referral among the discounts on its referrer's own payments. */
export interface ReferralDiscountAnswer {
  /** What a person said of it last; absent where nobody has. */
  decision?: "apply" | "decline" | null;
  /** The payment that uses it; absent where none does. */
  payment_id?: string | null;
}

/** A referral as lists show it. */
export interface ReferralEntry {
  id: string;
  program_id: string;
  referee_id: string;
  referrer_id: string;
  status: "pending" | "approved" | "cancelled";
  attributed_at: string;
  approved_at: string | null;
  /** Whether the referee is still a customer. */
  active: boolean;
}

/** Why somebody should look at a referral. */
export interface ReferralFlag {
  kind: "self_referral";
  reason: "same_id" | "same_email" | "same_account";
  /** What became of it; absent for what was flagged before flags were reviewed. */
  state?: "open" | "cleared" | "confirmed" | null;
}

/** A line of a batch's answer. */
export interface ReferralLineAnswer {
  line: number;
  program_id?: string | null;
  referee_id?: string | null;
  referrer_id?: string | null;
  status?: "pending" | "approved" | "cancelled" | null;
  flags?: ReferralFlag[] | null;
  duplicate?: boolean | null;
  error?: LineError | null;
}

/** A referral with all that came of it. */
export interface ReferralStoryAnswer {
  program_id: string;
  referee_id: string;
  referrer_id: string | null;
  status: "missing" | "pending" | "approved" | "cancelled";
  attributed_at: string | null;
  approved_at: string | null;
  tags: string[];
  active: boolean;
  conversion_value_minor: number | null;
  flags: ReferralFlag[];
  /** Other ids of the referee that name this referral. */
  aliases: string[];
  /** From the attribution to the first payout, each step that was reached. */
  chain: ChainStep[];
  enrollments: EnrollmentAnswer[];
  /** The first of them; all are at /rewards. */
  rewards: RewardAnswer[];
  has_more_rewards: boolean;
  /** The first that wait. */
  waiting: WaitingAction[];
  /** How many wait. */
  waiting_count: number;
  /** Absent where nobody has decided on it and no payment uses it. */
  payment_discount?: ReferralDiscountAnswer | null;
}

export interface ReferrerAnswer {
  id: string;
  /** What a referee redeems. */
  code: string;
  status: "active" | "closed";
  /** Personal data is shown to admin keys only. */
  email?: string | null;
  name?: string | null;
  tags: string[];
  cash_opt_in: boolean;
  stripe_customer_id?: string | null;
  created_at: string;
  duplicate?: boolean | null;
}

/** What is left out stays; an address, a name or a Stripe customer that is null or empty is taken away. */
export interface ReferrerChange {
  tags?: string[] | null;
  cash_opt_in?: boolean | null;
  /** Takes the place of the code that it had, which is free from then on. */
  code?: string | null;
  email?: string | null;
  name?: string | null;
  stripe_customer_id?: string | null;
}

export interface ReferrerDifferenceAnswer {
  referrer_id: string;
  as_is_net_minor: number;
  draft_net_minor: number;
}

/** Money that was asked back. */
export interface ReversalAnswer {
  reversal_id: string;
  item_id: string;
  referrer_id: string;
  currency: string;
  amount_minor: number;
  /** asked, intended, in_flight, unsettled, looking_up or not_found while it is under way; made, and the amount is payable again; rejected, and nothing came back. */
  state: "asked" | "intended" | "in_flight" | "unsettled" | "looking_up" | "not_found" | "made" | "rejected";
  /** Stripe's name for it. */
  stripe_reversal_id?: string | null;
  /** Why it was rejected: balance_insufficient where the account has not as much, or another word of Stripe's. */
  code?: string | null;
  reason: string;
  /** The key that it was asked with. */
  asked_by: string;
  asked_at: string;
  duplicate?: boolean | null;
}

export interface ReversalsAnswer {
  data: ReversalAnswer[];
}

export interface ReviewBody {
  /** paid_by: by this transfer; never_paid: the amount is payable again; send_again: it was never paid, and is sent under a new key. */
  decision: "paid_by" | "never_paid" | "send_again";
  /** What was found out. Kept with the item. */
  reason: string;
  /** For paid_by: the transfer, of the item's amount and currency; for account credit the transaction on the customer's balance. */
  transfer_id?: string | null;
}

export interface ReviewedItemAnswer {
  id: string;
  batch_id: string;
  /** Where it stands now. */
  status: string;
  asset: string;
  amount_minor: number;
  transfer_id: string | null;
}

export interface RevokedKeyAnswer {
  id: string;
  role: string;
  revoked_at: string;
}

export interface RevokedPortalLinkAnswer {
  id: string;
  referrer_id: string;
  revoked_at: string;
}

/** A reward as it stands now. */
export interface RewardAnswer {
  id: string;
  asset: string;
  /** As it was given. */
  amount_minor: number;
  /** After refunds, chargebacks and cancellation. */
  left_minor: number;
  state: "pending" | "released" | "reversed" | "cancelled" | "grouped";
  program_id: string;
  referee_id: string;
  referrer_id: string;
  /** Null for what no action earned: an approval, a schedule. */
  action_id: string | null;
  enrollment_id: string;
  rule_id: string;
  rule_version: number;
  created_at: string;
  /** When a pending one is expected: due, or released from its hold. */
  expected_at?: string | null;
  /** What ends the hold window of a pending one, by the terms that it was given under. Absent where it only waits for its date. */
  hold?: "days" | "manual" | "days_then_active_customer" | null;
  /** Of a schedule: this reward and those before it. */
  total_so_far_minor?: number | null;
  /** Of a schedule: all of its rewards. */
  total_minor?: number | null;
  /** Of a grouped one: what waits with it. */
  group_sum_minor?: number | null;
  /** The sum at which all of it is payable. */
  group_goal_minor?: number | null;
}

export interface RewardBody {
  kind: "cash" | "credit" | "points" | "free_service" | "coupon" | "custom";
  /** May be left out where the tiers say it. */
  type?: "percent" | "fixed" | "per_amount" | null;
  basis_points?: number | null;
  amount_minor?: number | null;
  points?: number | null;
  per_minor?: number | null;
  /** Which amount a percentage is of. */
  of?: "transaction" | "conversion_value" | null;
  item?: string | null;
}

/** A rule as it stands, in the words in which it was sent. */
export interface RuleAnswer {
  id: string;
  program_id: string;
  /** The version that new referrals get. */
  version: number;
  name: string;
  trigger: "recurring_action" | "first_action" | "tier_reached" | "referral_approved" | "interval" | "every_n_referrals";
  reward: RewardBody;
  limits: LimitsBody;
  conditions: ConditionsBody;
  tiers: TierBody[];
  hold: HoldBody;
  eligibility: "everyone" | "granted";
  active: ActiveBody;
  enabled: boolean;
  n?: number | null;
  every_months?: number | null;
  times?: number | null;
  steps?: StepBody[] | null;
  exclusive?: ExclusiveBody | null;
  budget?: BudgetBody | null;
  duplicate?: boolean | null;
  /** When it is published: what of it may not be meant. */
  warnings?: string[] | null;
}

/** A rule as it is sent and shown. What is left out takes the default that the description names. */
export interface RuleBody {
  trigger: "recurring_action" | "first_action" | "tier_reached" | "referral_approved" | "interval" | "every_n_referrals";
  reward: RewardBody;
  /** Made up when it is left out; the id of a rule that exists makes a new version of it. */
  id?: string | null;
  name?: string | null;
  limits?: LimitsBody | null;
  conditions?: ConditionsBody | null;
  tiers?: TierBody[] | null;
  hold?: HoldBody | null;
  /** everyone, or granted: nobody until granted per referrer. */
  eligibility?: "everyone" | "granted" | null;
  active?: ActiveBody | null;
  enabled?: boolean | null;
  /** Tiers that overlap or leave gaps are meant. */
  acknowledge_warnings?: boolean | null;
  /** Of every_n_referrals. */
  n?: number | null;
  /** Of interval: months between two rewards, in the program's time zone. */
  every_months?: number | null;
  /** Of interval: how many rewards. */
  times?: number | null;
  /** The value changes with the n-th reward, or with months since approval; not with tiers. */
  steps?: StepBody[] | null;
  /** Of the rules in a group, the first in order of priority whose conditions are met decides. */
  exclusive?: ExclusiveBody | null;
  /** What the rule gives at most in a month; left out, it stays as it is. */
  budget?: BudgetBody | null;
}

export interface SearchAnswer {
  data: FoundAnswer[];
  /** The referee is in more programs than are named here. */
  has_more: boolean;
}

export interface SecretRotation {
  /** How long the old secret signs as well; 24 when it is left out, 0 ends it at once. */
  keep_old_for_hours?: number | null;
}

/** Whether payouts are sent. */
export interface SendGateAnswer {
  /** Nobody and nothing has shut it. Also then nothing is sent before Stripe and the books were compared after a start. */
  open: boolean;
  /** Why it was shut the last time. */
  shut_because: string | null;
  shut_by: string | null;
  shut_at: string | null;
  /** Why it was opened the last time. */
  opened_because: string | null;
  opened_by: string | null;
  opened_at: string | null;
  /** When Stripe and the books last agreed. */
  reconciled_at: string | null;
}

export interface SessionAnswer {
  /** As whatever the key changes names who did it. */
  key_id: string;
  /** all for the first key, which has every role. */
  role: "ingest" | "read" | "admin" | "finance" | "key_admin" | "operator" | "all";
  /** Null for an operator's key, which speaks for none. */
  tenant: string | null;
  sandbox: boolean;
  /** The time that counts for the tenant: its test clock's, if that was ever set, else the real one. */
  now: string;
}

export interface ShareAnswer {
  referrer_id: string;
  program_id: string;
  code: string;
  /** The program's share_url with the code in it; absent where it has none. */
  link?: string | null;
  texts: ShareTexts;
}

export interface ShareTexts {
  /** To paste anywhere. */
  copy: string;
  /** Opens a text message with it. */
  sms: string;
  /** Opens an e-mail with it. */
  email: string;
}

export interface SinceLast {
  items: number;
  amount_minor: number;
  /** Paid now and not by the last batch. */
  new_referrers: number;
  /** Paid by the last batch and not now. */
  gone_referrers: number;
}

export interface SourceAnswer {
  id: string;
  kind: string;
  program_id: string;
  secret_ref: string;
  mapping: SourceMapping;
  /** Where the other system sends its events, after the address of this server. */
  url: string;
  /** Events that name sales of which nothing is known; left out where none waits. */
  waiting?: WaitingEventsAnswer | null;
}

/** What is left out stays as it is. */
export interface SourceChange {
  /** Whose actions its events become from now on. A refund or dispute of a sale that came before goes where that sale is. */
  program_id?: string | null;
  /** Names the secret that signs its events from now on. */
  secret_ref?: string | null;
  /** The whole of it: a member that it leaves out is again as that kind of source has it. */
  mapping?: SourceMapping | null;
}

export interface SourceEventAnswer {
  /** The source's, a colon, and its own in the other system. */
  id: string;
  source_id: string;
  event_id: string;
  /** Of one that waits what it would be: refund, refund_failed, chargeback, chargeback_won, or names of what only names a sale once more. Of one that was refused what its system calls it. */
  type: string;
  state: "waiting" | "recorded" | "refused";
  /** Which it would be. */
  action_id?: string | null;
  received_at: string;
  /** The objects of which nothing is known. */
  names: string[];
  /** It was refused: a code of ours, what it lacks, or dismissed and the reason. */
  why?: string | null;
}

/** Where in its objects a source says what: names joined by dots. What is left out is as that kind of source has it. */
export interface SourceMapping {
  /** Whose a sale is: the customer of Stripe's invoice, of Shopify's order; referee_id of a CloudEvent's data. */
  referee_id?: string | null;
  /** What may be a referrer's code: metadata.referral_code of Stripe's invoice, the discount codes of Shopify's order, code of a CloudEvent's data. */
  code?: string | null;
  /** Of a refund or dispute: the sale's id, where it does not name the payment; refund_of or chargeback_of of a CloudEvent's data. Not for Shopify, whose refunds name their order. */
  sale_id?: string | null;
}

export interface SourcesAnswer {
  data: SourceAnswer[];
}

export interface SpendAnswer {
  id: string;
  spend_id: string;
  referrer_id: string;
  asset: string;
  amount_minor: number;
  /** The key that it was spent with. */
  by: string;
  at: string;
  duplicate?: boolean | null;
}

/** net = earned − clawed back = pending + payable + in transit + paid. */
export interface StatementAmounts {
  earned_minor: number;
  clawed_back_minor: number;
  net_minor: number;
  pending_minor: number;
  payable_minor: number;
  in_transit_minor: number;
  paid_minor: number;
}

export interface StatementAnswer {
  referrer_id: string;
  /** Absent: from the beginning. */
  from?: string | null;
  /** Just before it. Absent: up to now. */
  to?: string | null;
  /** What was written later than this is not in it. */
  known_at?: string | null;
  assets: StatementAssetAnswer[];
}

export interface StatementAssetAnswer {
  asset: string;
  opening: StatementAmounts;
  /** What the period added; below zero where it took from it. Opening and moved come to closing. */
  moved: StatementAmounts;
  closing: StatementAmounts;
}

export interface StepBody {
  until_count?: number | null;
  until_months?: number | null;
  basis_points?: number | null;
  amount_minor?: number | null;
}

/** Every line counts once; a duplicate counts as nothing else. */
export interface SummaryBody {
  lines: number;
  rewarded: number;
  not_rewarded: number;
  reversed: number;
  parked: number;
  duplicates: number;
  errors: number;
}

export interface TenantAnswer {
  id: string;
  sandbox: boolean;
  clock_at: string | null;
  duplicate?: boolean | null;
}

/** A range of the referrer's tally, both ends included. */
export interface TierBody {
  /** value goes with min_minor and max_minor, count with min and max. */
  by: "value" | "count";
  min_minor?: number | null;
  max_minor?: number | null;
  min?: number | null;
  max?: number | null;
  basis_points?: number | null;
  amount_minor?: number | null;
}

/** Something that happened. */
export interface ToldEventAnswer {
  /** Of the event, wherever it is told: `webhook-id` of a delivery. */
  id: string;
  type: "referral.created" | "referral.approved" | "referral.cancelled" | "referral.reassigned" | "reward.pending" | "reward.payable" | "reward.cancelled" | "reward.clawed_back" | "reward.restored" | "reward_group.released" | "referrer.created" | "referrer.closed" | "entry.booked" | "flag.raised" | "flag.cleared" | "flag.confirmed" | "payout_item.reserved" | "payout_item.paid" | "payout_item.failed" | "payout_item.released" | "payout_item.reversed" | "payout_item.in_review" | "payout_item.reviewed" | "payout_item.reversal_rejected" | "payout_batch.ready" | "payout_batch.approved" | "payout_batch.paused" | "payout_batch.settled" | "payout_batch.cancelled";
  timestamp: string;
  /** What it is about; docs/webhooks.md has it for each type. */
  data: Json;
}

/** All accounts of one kind in one asset; over an asset, debits and credits come to the same. */
export interface TrialBalanceAccount {
  account: string;
  asset: string;
  /** What went out of them. */
  debit_minor: number;
  /** What came in. */
  credit_minor: number;
}

export interface TrialBalanceAnswer {
  data: TrialBalanceAccount[];
}

/** An action that takes effect by itself when what it waits for comes. */
export interface WaitingAction {
  action_id: string;
  code: string;
}

/** Refunds and disputes, and names of payments, whose sale is not known. Each takes effect by itself once what names its sale comes, which may be never. */
export interface WaitingEventsAnswer {
  events: number;
  /** When the first of them came. */
  since: string;
  /** That one's id in the other system. */
  event_id: string;
  /** What that one names. */
  names: string[];
}

/** It is written down, and looked at soon. */
export interface WebhookAnswer {
  received: boolean;
}

export interface WebhookDeliveryAnswer {
  id: string;
  /** The same for all attempts: `webhook-id`. */
  event_id: string;
  type: string;
  /** turn: in the order of events; resend and test: somebody asked for it. */
  cause: "turn" | "resend" | "test";
  /** Counts from 1 for each event. */
  attempt: number;
  at: string;
  milliseconds: number;
  /** It answered with a status from 200 to 299. */
  taken: boolean;
  /** What it answered, where it answered. */
  status?: number | null;
  /** status, redirected (nobody is followed), gone, timeout, connection, tls, unknown_host or address_refused. */
  failure?: string | null;
}

export interface WebhookEndpointAnswer {
  id: string;
  url: string;
  description?: string | null;
  /** The types that it is told; empty for all. */
  events: string[];
  /** failed: it took nothing for three days; gone: it answered 410. Either way it is told nothing until it is resumed. */
  state: "enabled" | "disabled" | "failed" | "gone";
  /** The last attempt failed, as the attempts have it. */
  why?: string | null;
  /** That failed one after the other, of the event that it is told next. */
  attempts: number;
  failing_since?: string | null;
  /** When that is tried again. */
  next_attempt_at?: string | null;
  /** While an earlier secret signs beside the new one. */
  old_secret_until?: string | null;
  created_at: string;
  /** Shown this once, and not to a repeat. */
  secret?: string | null;
}

/** What is left out stays; a description that is empty is taken away. */
export interface WebhookEndpointChange {
  url?: string | null;
  description?: string | null;
  /** Only these types from now on; an empty list is all. */
  events?: string[] | null;
  /** false tells it nothing until it is true again; what happens meanwhile waits, for 30 days. */
  enabled?: boolean | null;
}

/** How an endpoint does. Nothing is counted beyond 10,000. */
export interface WebhookFiguresAnswer {
  endpoint_id: string;
  /** Attempts of the last 24 hours that it took, tests left out. */
  delivered: number;
  /** Attempts of the last 24 hours that it did not take; what they were of may have been taken later. */
  failed: number;
  /** Events of its types that it has not taken yet, also while it is switched off. */
  waiting: number;
  /** Since when the first of them waits. */
  oldest_waiting_at?: string | null;
}

export interface WebhookResumption {
  /** where_it_stood, which misses nothing, when it is left out; now leaves out what it was not told. */
  from?: "where_it_stood" | "now" | null;
}

export interface WebhookTest {
  /** Of the event that is made up; webhook.test when it is left out. */
  type?: "referral.created" | "referral.approved" | "referral.cancelled" | "referral.reassigned" | "reward.pending" | "reward.payable" | "reward.cancelled" | "reward.clawed_back" | "reward.restored" | "reward_group.released" | "referrer.created" | "referrer.closed" | "entry.booked" | "flag.raised" | "flag.cleared" | "flag.confirmed" | "payout_item.reserved" | "payout_item.paid" | "payout_item.failed" | "payout_item.released" | "payout_item.reversed" | "payout_item.in_review" | "payout_item.reviewed" | "payout_item.reversal_rejected" | "payout_batch.ready" | "payout_batch.approved" | "payout_batch.paused" | "payout_batch.settled" | "payout_batch.cancelled" | null;
}

/** What was booked within a week, manual entries included. */
export interface WeekAnswer {
  /** Its Monday, in UTC. */
  from: string;
  asset: string;
  earned_minor: number;
  clawed_back_minor: number;
  /** Less what came back. */
  paid_minor: number;
}

export interface WhatIfAnswer {
  /** That were replayed. */
  actions: number;
  /** What is counted: that of the draft. */
  asset: string;
  /** Whether the draft stood in for a rule of its id; otherwise it ran alone. */
  replaces: boolean;
  /** What the program's rules made of these actions. */
  as_is: EarningsAnswer;
  /** What they would have made of them, imported now. */
  draft: EarningsAnswer;
  /** The largest difference first. */
  referrers: ReferrerDifferenceAnswer[];
  has_more: boolean;
  warnings?: string[] | null;
}

export interface WhatIfBody {
  program_id: string;
  /** As it would be published. One of the program's rules by its id stands in for that one; any other, alone, for all of them. */
  rule: RuleBody;
  /** Only sales that occurred from this instant on, and what became of them. */
  from?: string | null;
  /** Only sales that occurred before this instant, and what became of them. */
  to?: string | null;
}
