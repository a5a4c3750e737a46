using Benchmarks;
using ReferralGrains.Cli;

var around = Surroundings.OfThisProcess();
return await CommandLine.Invoke(BenchCommand.Build(around), args, around, BenchCommand.TimeToCleanUp);
