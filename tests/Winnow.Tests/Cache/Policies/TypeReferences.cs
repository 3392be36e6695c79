using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Types of tokens from the inputs of layers, and how long each type stays.</summary>
internal sealed class NatsReference(int window, int local, int sinks) : IPolicyReference
{
    private readonly Dictionary<(int Row, int Position), int> _types = [];

    public void Observe(PolicyView view)
    {
        for (int row = 0; row < view.Layers * view.KvHeads; row++)
        {
            for (int token = 0; token < view.NewTokens; token++)
            {
                _types[(row, view.Length - view.NewTokens + token)] = TypeOf(view, row, token);
            }
        }
    }

    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
    {
        int[] kept = [.. Enumerable.Range(0, row.Count).Where(slot => Stays(view, index, row[slot].Position))];
        return new RowDecision(kept.Length <= view.Slots ? kept : [.. kept[..sinks], .. kept[^(view.Slots - sinks)..]]);
    })];

    private bool Stays(PolicyView view, int row, int position)
    {
        int age = view.Length - position;
        return _types[(row, position)] switch
        {
            0 => true,
            1 => age <= local && !Enumerable.Range(position + 1, age - 1).Any(later => _types[(row, later)] == 0),
            _ => age <= window,
        };
    }

    private static int TypeOf(PolicyView view, int row, int token)
    {
        const int Hidden = PolicyHarness.Hidden;
        (int layer, int head) = (view.LayerOf(row), row % view.KvHeads);
        float[] weights = NatsWeightFile.Weights(layer, view.KvHeads, Hidden);
        float[]? bias = NatsWeightFile.Bias(layer, view.KvHeads);
        double Logit(int type)
        {
            int output = (3 * head) + type;
            return (bias?[output] ?? 0) + Enumerable.Range(0, Hidden).Sum(i => (double)view.Inputs[layer][(token * Hidden) + i] * weights[(output * Hidden) + i]);
        }

        return Enumerable.Range(0, 3).MaxBy(Logit);
    }
}
