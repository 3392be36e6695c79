using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>
/// A step over a cache as plain arrays: what each KV head of each sequence holds, the step's queries, and who sees what. The step's own
/// tokens are the last slots of every head.
/// </summary>
internal sealed class AttentionCase
{
    public DType Type { get; init; } = DType.F32;

    /// <summary>The type that holds the queries exactly.</summary>
    public DType QueryType { get; init; } = DType.F32;

    public int HeadDim { get; init; } = 16;

    public int KvHeads { get; init; } = 2;

    public int Group { get; init; } = 2;

    public float SoftCap { get; init; }

    public int Window { get; init; }

    public int Sinks { get; init; }

    public float WindowShare { get; init; }

    public bool Distant { get; init; }

    public bool Bidirectional { get; init; }

    /// <summary>Whether keys, positions and counts are another layer's than the values.</summary>
    public bool KeysElsewhere { get; init; }

    /// <summary>Per token of the step, the tokens of its sequence's step that it sees; null means all earlier ones.</summary>
    public List<bool[]>? Ancestors { get; set; }

    public List<Sequence> Sequences { get; } = [];

    public int Heads => KvHeads * Group;

    public float Scale => 1f / MathF.Sqrt(HeadDim);

    public int Tokens => Sequences.Sum(sequence => sequence.Positions.Length);

    /// <summary>Adds a sequence whose heads hold the given number of slots from before the step, at positions with gaps.</summary>
    /// <param name="random">The seeded source.</param>
    /// <param name="tokens">Tokens of the step.</param>
    /// <param name="earlier">Slots from before the step, one number a KV head; the last one stands for the rest.</param>
    public Sequence Add(Random random, int tokens, params int[] earlier)
    {
        int first = (2 * earlier.Max()) + random.Next(3);
        var sequence = new Sequence
        {
            Positions = [.. Enumerable.Range(first, tokens)],
            Queries = Values(random, tokens * Heads * HeadDim, QueryType),
            Heads = new Head[KvHeads],
        };
        for (int g = 0; g < KvHeads; g++)
        {
            int count = earlier[Math.Min(g, earlier.Length - 1)];
            int[] positions = [.. Enumerable.Range(0, first).OrderBy(_ => random.Next()).Take(count).Order(), .. sequence.Positions];
            sequence.Heads[g] = new Head
            {
                Positions = positions,
                Keys = Values(random, positions.Length * HeadDim, Type),
                Values = Values(random, positions.Length * HeadDim, Type),
            };
        }

        Sequences.Add(sequence);
        return sequence;
    }

    public Head HeadOf(int token, int kvHead) => Find(token).Sequence.Heads[kvHead];

    public float Query(int token, int head, int c)
    {
        (Sequence sequence, int own) = Find(token);
        return sequence.Queries[(((own * Heads) + head) * HeadDim) + c];
    }

    public bool Sees(int token, Head head, int slot)
    {
        (Sequence sequence, int own) = Find(token);
        int query = sequence.Positions[own];
        int key = head.Positions[slot];
        int ownKey = slot - (head.Count - sequence.Positions.Length);
        bool visible = Ancestors is not null && ownKey >= 0 ? Ancestors[token][ownKey] : Bidirectional || key <= query;
        visible &= head.Listed is null || Array.BinarySearch(head.Listed, slot) >= 0;
        int window = Math.Max(Window, (int)Math.Floor(((double)WindowShare * (query + 1)) + 0.5) - Sinks);
        bool recent = Window == 0 || key > query - window;
        return visible && (Distant ? key >= Sinks && key <= query - window : recent || key < Sinks);
    }

    /// <summary>Random values that the type holds exactly.</summary>
    public static float[] Values(Random random, int count, DType type) =>
        [.. Enumerable.Range(0, count).Select(_ => Rounded((float)((random.NextDouble() * 4) - 2), type))];

    /// <summary>A value as the type holds it.</summary>
    public static float Rounded(float value, DType type) => type switch
    {
        DType.F16 => (float)(Half)value,
        DType.BF16 => (float)(BFloat16)value,
        _ => value,
    };

    /// <summary>Gives every token a random set of ancestors that holds itself.</summary>
    public AttentionCase WithTree(Random random)
    {
        int longest = Sequences.Max(sequence => sequence.Positions.Length);
        Ancestors = [];
        foreach (Sequence sequence in Sequences)
        {
            int tokens = sequence.Positions.Length;
            for (int token = 0; token < tokens; token++)
            {
                int own = token;
                Ancestors.Add([.. Enumerable.Range(0, longest).Select(other => other >= tokens || other == own || random.Next(3) == 0)]);
            }
        }

        return this;
    }

    /// <summary>Gives every head a list of the slots that a rule of sequence, KV head and slot picks.</summary>
    public AttentionCase WithLists(Func<int, int, int, bool> picks)
    {
        for (int sequence = 0; sequence < Sequences.Count; sequence++)
        {
            for (int g = 0; g < KvHeads; g++)
            {
                Head head = Sequences[sequence].Heads[g];
                head.Listed = [.. Enumerable.Range(0, head.Count).Where(slot => picks(sequence, g, slot))];
            }
        }

        return this;
    }

    private (Sequence Sequence, int Own) Find(int token)
    {
        foreach (Sequence sequence in Sequences)
        {
            if (token < sequence.Positions.Length)
            {
                return (sequence, token);
            }

            token -= sequence.Positions.Length;
        }

        throw new ArgumentOutOfRangeException(nameof(token));
    }

    internal sealed class Sequence
    {
        public required int[] Positions { get; init; }

        public required float[] Queries { get; init; }

        public required Head[] Heads { get; init; }

        /// <summary>Some tokens of the step, with all slots before them already in the cache; the cache holds nothing from before the step.</summary>
        public Sequence Part(int start, int tokens)
        {
            int rowFloats = Queries.Length / Positions.Length;
            int end = start + tokens;
            return new Sequence
            {
                Positions = Positions[start..end],
                Queries = Queries[(start * rowFloats)..(end * rowFloats)],
                Heads =
                [
                    .. Heads.Select(head => new Head
                    {
                        Positions = head.Positions[..end],
                        Keys = head.Keys[..(end * (head.Keys.Length / head.Count))],
                        Values = head.Values[..(end * (head.Values.Length / head.Count))],
                    }),
                ],
            };
        }
    }

    internal sealed class Head
    {
        public required int[] Positions { get; init; }

        public required float[] Keys { get; init; }

        public required float[] Values { get; init; }

        /// <summary>The slots that are read; null means all.</summary>
        public int[]? Listed { get; set; }

        public int Count => Positions.Length;
    }
}
