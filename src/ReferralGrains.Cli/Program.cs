using ReferralGrains.Cli;

return await CommandLine.Run(args, Surroundings.OfThisProcess());
