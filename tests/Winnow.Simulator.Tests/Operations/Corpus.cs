using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>All rows.</summary>
internal static partial class Corpus
{
    public static IReadOnlyList<CorpusRow> Rows { get; } =
        [.. Integers, .. IntegerProducts, .. Logic, .. Fields, .. Video, .. Singles, .. Doubles, .. Rounded, .. Functions, .. Narrow, .. Comparisons, .. Moves, .. IntegerConversions, .. FloatConversions];

    private static CorpusRow Row(string text, ValueKind d, ValueKind[] inputs, Func<ulong, ulong, ulong, ulong> expected) => new(text, d, inputs, expected);

    private static CorpusRow Row(string text, ValueKind d, ValueKind a, Func<ulong, ulong> expected) => new(text, d, [a], (a, _, _) => expected(a));

    private static CorpusRow Row(string text, ValueKind d, ValueKind a, ValueKind b, Func<ulong, ulong, ulong> expected) =>
        new(text, d, [a, b], (a, b, _) => expected(a, b));
}
