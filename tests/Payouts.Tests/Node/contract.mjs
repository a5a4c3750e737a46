// Drives the stand-in by Stripe's own library: node contract.mjs SCENARIO ADDRESS ACCOUNT
import assert from 'node:assert/strict';
import Stripe from 'stripe';

const [scenario, address, account] = process.argv.slice(2);
const at = address && new URL(address);
const stripe = new Stripe('sk_test_contract', at && {
  host: at.hostname, port: at.port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, timeout: 2000,
});

const pay = (amount, more = {}, options = {}) =>
  stripe.transfers.create({ amount, currency: 'usd', destination: account, ...more }, options);

const input = async () => {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
};

const refused = async (promise, type, code, status) => {
  const error = await promise.then(() => assert.fail('it was not refused'), error => error);
  assert.equal(error.type, type, error.stack);
  assert.equal(error.code ?? undefined, code);
  assert.equal(error.statusCode, status);
  return error;
};

const scenarios = {
  async transfers() {
    const made = await pay(1234, { transfer_group: 'item_1', metadata: { item: 'item_1', generation: '1' }, description: 'a payout' });
    assert.match(made.id, /^tr_/);
    assert.deepEqual(
      [made.object, made.amount, made.currency, made.destination, made.transfer_group, made.amount_reversed, made.reversed],
      ['transfer', 1234, 'usd', account, 'item_1', 0, false]);
    assert.deepEqual({ ...made.metadata }, { item: 'item_1', generation: '1' });
    assert.deepEqual((await stripe.transfers.retrieve(made.id)).id, made.id);
    const changed = await stripe.transfers.update(made.id, { metadata: { generation: '', note: 'by hand' } });
    assert.deepEqual({ ...changed.metadata }, { item: 'item_1', note: 'by hand' });
    await refused(stripe.transfers.retrieve('tr_none'), 'StripeInvalidRequestError', 'resource_missing', 404);
  },

  async pages() {
    for (let i = 0; i < 25; i++) await pay(100 + i, { transfer_group: i % 5 === 0 ? 'other' : 'asked' });
    const all = await stripe.transfers.list({ transfer_group: 'asked', limit: 7 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(all.map(one => one.amount), [...Array(25).keys()].filter(i => i % 5 !== 0).map(i => 100 + i).reverse());
    const first = await stripe.transfers.list({ limit: 10 });
    assert.equal(first.has_more, true);
    const second = await stripe.transfers.list({ limit: 10, starting_after: first.data.at(-1).id });
    const back = await stripe.transfers.list({ limit: 10, ending_before: second.data[0].id });
    assert.deepEqual(back.data.map(one => one.id), first.data.map(one => one.id));
    assert.equal((await stripe.transfers.list({ transfer_group: 'nobody' })).data.length, 0);
  },

  async reversals() {
    const made = await pay(1000);
    const some = await stripe.transfers.createReversal(made.id, { amount: 300, metadata: { why: 'refund' } });
    assert.deepEqual([some.object, some.amount, some.transfer], ['transfer_reversal', 300, made.id]);
    await refused(stripe.transfers.createReversal(made.id, { amount: 701 }), 'StripeInvalidRequestError', 'transfer_reversal_amount_too_large', 400);
    await stripe.transfers.createReversal(made.id);
    const after = await stripe.transfers.retrieve(made.id);
    assert.deepEqual([after.amount_reversed, after.reversed, after.reversals.data.length], [1000, true, 2]);
    assert.equal((await stripe.transfers.listReversals(made.id)).data[1].id, some.id);
    assert.equal((await stripe.transfers.retrieveReversal(made.id, some.id)).metadata.why, 'refund');
    assert.equal((await stripe.balance.retrieve({}, { stripeAccount: account })).available[0].amount, 0);
  },

  async keys() {
    const first = await pay(500, {}, { idempotencyKey: 'k1' });
    const again = await pay(500, {}, { idempotencyKey: 'k1' });
    assert.equal(again.id, first.id);
    assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined);
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(again.lastResponse.headers['original-request'], first.lastResponse.requestId);
    assert.equal(again.lastResponse.idempotencyKey ?? again.lastResponse.headers['idempotency-key'], 'k1');
    await refused(pay(501, {}, { idempotencyKey: 'k1' }), 'StripeIdempotencyError', undefined, 400);
    assert.equal((await stripe.transfers.list({ limit: 100 })).data.filter(one => one.amount === 500).length, 1);
  },

  async unsaved() {
    await refused(pay(0, {}, { idempotencyKey: 'k2' }), 'StripeInvalidRequestError', 'parameter_invalid_integer', 400);
    assert.equal((await pay(700, {}, { idempotencyKey: 'k2' })).amount, 700);
  },

  async refusals() {
    await refused(pay(100, { destination: 'acct_none' }), 'StripeInvalidRequestError', 'resource_missing', 400);
    await refused(pay(100, { currency: 'zzz' }), 'StripeInvalidRequestError', undefined, 400);
    await refused(pay(100, { amont: 1 }), 'StripeInvalidRequestError', 'parameter_unknown', 400);
    await refused(stripe.transfers.create({ currency: 'usd', destination: account }), 'StripeInvalidRequestError', 'parameter_missing', 400);
    await refused(pay(150, { currency: 'huf' }), 'StripeInvalidRequestError', 'invalid_charge_amount_no_decimal_compatible', 400);
    const fresh = await stripe.accounts.create({ type: 'express', country: 'DE', email: 'new@example.com', capabilities: { transfers: { requested: true } } });
    await refused(pay(100, { destination: fresh.id }), 'StripeInvalidRequestError', 'insufficient_capabilities_for_transfer', 400);
    const stranger = new Stripe('sk_live_real', { host: at.hostname, port: at.port, protocol: 'http', maxNetworkRetries: 0 });
    await refused(stranger.transfers.list(), 'StripeAuthenticationError', undefined, 401);
  },

  async funds() {
    await refused(pay(5_000_000, {}, { idempotencyKey: 'k3' }), 'StripeInvalidRequestError', 'balance_insufficient', 400);
    await stripe.topups.create({ amount: 5_000_000, currency: 'usd', description: 'more' });
    const again = await refused(pay(5_000_000, {}, { idempotencyKey: 'k3' }), 'StripeInvalidRequestError', 'balance_insufficient', 400);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal((await pay(5_000_000, {}, { idempotencyKey: 'k4' })).amount, 5_000_000);
  },

  async balances() {
    const made = await pay(250);
    assert.deepEqual((await stripe.balance.retrieve()).available.map(({ amount, currency }) => [amount, currency]), [[99_750, 'usd']]);
    const entry = await stripe.balanceTransactions.retrieve(made.balance_transaction);
    assert.deepEqual([entry.type, entry.amount, entry.net, entry.source], ['transfer', -250, -250, made.id]);
    assert.equal((await stripe.balanceTransactions.list({ source: made.id })).data[0].id, entry.id);
  },

  async accounts() {
    const made = await stripe.accounts.create({ type: 'express', country: 'DE', email: 'new@example.com', capabilities: { transfers: { requested: true } }, metadata: { referrer: 'anna' } });
    assert.deepEqual([made.object, made.capabilities.transfers, made.payouts_enabled, made.metadata.referrer], ['account', 'inactive', false, 'anna']);
    const link = await stripe.accountLinks.create({ account: made.id, type: 'account_onboarding', refresh_url: 'http://x.test/again', return_url: 'http://x.test/back' });
    assert.equal((await (await fetch(link.url)).text()).includes(made.id), true);
    const done = await fetch(link.url, { method: 'POST', redirect: 'manual' });
    assert.equal(done.headers.get('location'), 'http://x.test/back');
    const after = await stripe.accounts.retrieve(made.id);
    assert.deepEqual([after.capabilities.transfers, after.payouts_enabled, after.requirements.currently_due], ['active', true, []]);
    assert.equal((await pay(100, { destination: made.id })).amount, 100);
    await stripe.accounts.del(made.id);
    await refused(stripe.accounts.retrieve(made.id), 'StripePermissionError', 'account_invalid', 403);
  },

  async coreAccounts() {
    const made = await stripe.v2.core.accounts.create({
      contact_email: 'new@example.com', display_name: 'New', identity: { country: 'de' },
      configuration: { recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } } },
      include: ['configuration.recipient'],
    });
    assert.equal(made.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status, 'restricted');
    const link = await stripe.v2.core.accountLinks.create({
      account: made.id,
      use_case: { type: 'account_onboarding', account_onboarding: { refresh_url: 'http://x.test/again', return_url: 'http://x.test/back' } },
    });
    await fetch(link.url, { method: 'POST', redirect: 'manual' });
    const after = await stripe.v2.core.accounts.retrieve(made.id, { include: ['configuration.recipient'] });
    assert.equal(after.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status, 'active');
    assert.equal((await stripe.v2.core.accounts.retrieve(made.id)).configuration ?? null, null);
    assert.equal((await pay(100, { destination: made.id })).amount, 100);
    await stripe.v2.core.accounts.close(made.id, { applied_configurations: ['recipient'] });
    await refused(pay(100, { destination: made.id }), 'StripeInvalidRequestError', 'resource_missing', 400);
  },

  async customers() {
    const made = await stripe.customers.create({ email: 'c@example.com', name: 'C' });
    await stripe.customers.createBalanceTransaction(made.id, { amount: -500, currency: 'usd', metadata: { item: 'i' } }, { idempotencyKey: 'c1' });
    const credit = await stripe.customers.createBalanceTransaction(made.id, { amount: -500, currency: 'usd', metadata: { item: 'i' } }, { idempotencyKey: 'c1' });
    assert.equal(credit.ending_balance, -500);
    assert.equal((await stripe.customers.retrieve(made.id)).balance, -500);
    assert.equal((await stripe.customers.listBalanceTransactions(made.id)).data.length, 1);
    await refused(stripe.customers.createBalanceTransaction(made.id, { amount: -1, currency: 'eur' }), 'StripeInvalidRequestError', undefined, 400);
    await stripe.customers.del(made.id);
    assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
  },

  async events() {
    const made = await pay(321);
    const [told] = (await stripe.events.list({ type: 'transfer.created' })).data;
    assert.deepEqual([told.data.object.id, told.livemode], [made.id, false]);
    assert.equal((await stripe.events.retrieve(told.id)).id, told.id);
  },

  // What the library makes of each fault.
  async inDoubt() {
    const errors = [];
    for (let i = 0; i < 6; i++) errors.push(await pay(100, {}, { idempotencyKey: 'f' }).then(() => 'made', error => error.code ?? error.type));
    console.log(errors.join(' '));
  },

  // Signs what the test gives on the standard input.
  async sign() {
    const { payload, secret, timestamp } = await input();
    console.log(stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }));
  },

  async verify() {
    const { payload, secret, header, thin } = await input();
    console.log((thin ? stripe.parseEventNotification(payload, header, secret) : stripe.webhooks.constructEvent(payload, header, secret)).type);
  },
};

await scenarios[scenario]();
