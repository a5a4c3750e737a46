using System.Collections.Frozen;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Words of which a field holds one, for whoever describes it.</summary>
internal interface IWords
{
    IEnumerable<string> Known { get; }
}

/// <summary>The words of the outside for the choices of the domain, both ways.</summary>
internal sealed class Words<T>(params (string Word, T Value)[] words) : IWords
    where T : struct
{
    private readonly FrozenDictionary<string, T> byWord = words.ToFrozenDictionary(pair => pair.Word, pair => pair.Value, StringComparer.Ordinal);

    public IEnumerable<(string Word, T Value)> All => words;

    public IEnumerable<string> Known => words.Select(pair => pair.Word);

    public string Of(T value) => words.First(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Word;

    public T? Find(string word) => byWord.TryGetValue(word, out var value) ? value : null;

    /// <summary>For words that are all known: another one is a slip.</summary>
    public T Parse(string? word, T absent, string param) =>
        word is null ? absent : Find(word) ?? throw Problem.InvalidField(param, Expected(word)).AsException();

    /// <summary>For words of which more are to come.</summary>
    public T Supported(string word, string param) => Find(word) ?? throw Problem.NotSupported(param, Text.Shown(word), $" Expected is one of {Listed}.").AsException();

    /// <summary>What would do in place of a word that nobody knows.</summary>
    public string Expected(string word) => $"Expected is one of {Listed}, not {Text.Shown(word)}.";

    private string Listed => string.Join(", ", Known);
}
