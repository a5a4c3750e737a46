using ReferralGrains.Integration.Tests.Postgres;

[assembly: AssemblyFixture(typeof(PostgresServer))]
