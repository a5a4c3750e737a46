using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests;

public sealed class MessageJsonTests
{
    public static TheoryData<Type> OnTheWire =>
        [.. Commands.Concat(Commands.Select(Reply)).Append(typeof(Referral)).Append(typeof(Referrer)).Append(typeof(ReferralProgram)).Append(typeof(PayoutItem)).Append(typeof(PayoutBatch)).Distinct()];

    private static IEnumerable<Type> Commands =>
        typeof(ICommand).Assembly.GetTypes().Where(type => !type.IsAbstract && typeof(ICommand).IsAssignableFrom(type));

    [Theory]
    [MemberData(nameof(OnTheWire))]
    public void Commands_replies_and_states_round_trip(Type type)
    {
        var sample = new Samples().Of(type);
        var arrived = WireRouter.Carry(type, sample);
        Assert.Equal(Samples.Describe(sample), Samples.Describe(arrived));
        Assert.Equal(WireRouter.Bytes(type, sample), WireRouter.Bytes(type, arrived));
    }

    // A snapshot is the same state through the JSON of the journal.
    [Theory]
    [InlineData(typeof(Referral))]
    [InlineData(typeof(Referrer))]
    [InlineData(typeof(ReferralProgram))]
    [InlineData(typeof(PayoutItem))]
    [InlineData(typeof(PayoutBatch))]
    public void States_round_trip_as_snapshots(Type type)
    {
        var json = JournalJson.Default.GetTypeInfo(type)!;
        var sample = new Samples().Of(type);
        Assert.Equal(Samples.Describe(sample), Samples.Describe(JsonSerializer.Deserialize(JsonSerializer.Serialize(sample, json), json)));
    }

    public static TheoryData<Type> InTheJournal =>
        [.. EventCodec.Known, typeof(Referral), typeof(Referrer), typeof(ReferralProgram), typeof(ProgramTerms), typeof(ReferrerFacts), typeof(ReferralAction)];

    [Theory]
    [MemberData(nameof(InTheJournal))]
    public void The_journal_keeps_nothing_that_is_computed(Type type)
    {
        var given = new JsonSerializerOptions(JournalJson.Default.Options) { TypeInfoResolver = JournalJson.Default.WithAddedModifier(WithoutComputed) };
        var sample = new Samples().Of(type);
        Assert.Equal(JsonSerializer.Serialize(sample, given.GetTypeInfo(type)), JsonSerializer.Serialize(sample, JournalJson.Default.GetTypeInfo(type)!));
    }

    [Fact]
    public void A_turn_that_is_handed_up_carries_every_command_and_every_event()
    {
        var bytes = WireRouter.Bytes(typeof(DecideReferral), new Samples().Of(typeof(DecideReferral)));
        using var sent = JsonDocument.Parse(bytes);
        var commands = sent.RootElement.GetProperty("commands").EnumerateArray().Select(command => command.GetProperty("command").GetProperty("command").GetString());
        var events = sent.RootElement.GetProperty("known")[0].GetProperty("events").EnumerateArray().Select(e => e.GetProperty("event").GetProperty("event").GetString());
        Assert.Equal(Discriminators(typeof(IReferralCommand)), commands.Order());
        Assert.Equal(Discriminators(typeof(ReferralEvent)), events.Order());
    }

    [Fact]
    public void Every_command_and_reply_of_an_enrollment_can_be_handed_up()
    {
        var commands = Commands.Where(type => typeof(IReferralCommand).IsAssignableFrom(type));
        Assert.Equal(commands.Select(type => type.Name).Order(), Cases(typeof(IReferralCommand)).Select(type => type.Name).Order());
        Assert.All(commands, command => Assert.Contains(Reply(command), Cases(typeof(IReferralReply))));
    }

    private static void WithoutComputed(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object) return;
        foreach (var property in type.Properties.Where(property => property.AttributeProvider is PropertyInfo { CanWrite: false }).ToList())
            type.Properties.Remove(property);
    }

    private static Type Reply(Type command) =>
        command.GetInterfaces().Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ICommand<>)).GetGenericArguments()[0];

    private static IEnumerable<Type> Cases(Type family) => Attributes(family).Select(attribute => attribute.DerivedType);

    private static IEnumerable<string> Discriminators(Type family) => Attributes(family).Select(attribute => (string)attribute.TypeDiscriminator!).Order();

    private static IEnumerable<JsonDerivedTypeAttribute> Attributes(Type family) =>
        family.GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false).Cast<JsonDerivedTypeAttribute>();
}
