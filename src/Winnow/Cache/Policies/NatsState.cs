using System;
using System.IO;
using System.Numerics;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>
/// The types of a step's tokens, from when the layers told them until the step's slots are there. Between steps there is nothing to keep: types
/// of slots are a plane.
/// </summary>
/// <param name="weights">Whose weights they are.</param>
/// <param name="layers">The weights, one use of which is this state's.</param>
internal sealed class NatsState(NatsWeights weights, NatsLayers layers) : KvPolicyState
{
    private Tensor _logits;
    private Tensor _chosen;
    private Tensor _counted;
    private Tensor _types;
    private int[] _places = [];

    /// <summary>Works out the types of one layer's tokens.</summary>
    public void Note(in KvLayer layer)
    {
        int tokens = (int)layer.Input.Shape[0];
        int count = tokens * layers.KvHeads;
        Reserve(count);
        Tensor logits = _logits.Rows(0, (long)NatsWeights.Types * count);
        layers.Project(layer.Layer, logits.Reshape(new Shape(tokens, NatsWeights.Types * layers.KvHeads)), layer.Input);
        Tensor chosen = _chosen.Rows(0, count).Reshape(new Shape(count, 1));
        layers.Device.Reduction.SelectTop(chosen, _counted.Rows(0, count), logits.Reshape(new Shape(count, NatsWeights.Types)), layers.One);
        layers.Device.Reduction.Map(_types.Rows((long)layer.Layer * count, count), ElementOp.MultiplyAdd, chosen, a: 1);
    }

    /// <summary>Writes the types of the step's tokens to the last slots of each row.</summary>
    /// <param name="pass">The sequence, with the step's slots.</param>
    /// <param name="matrix">The types of slots, F32 [rows, entries].</param>
    public void Place(KvPass pass, Tensor matrix)
    {
        int count = pass.Rows * pass.NewTokens;
        if (_places.Length < count)
        {
            _places = new int[count];
        }

        // Types lie in the order of layers, tokens, heads.
        int at = 0;
        for (int layer = 0; layer < pass.Layers; layer++)
        {
            for (int token = 0; token < pass.NewTokens; token++)
            {
                for (int head = 0; head < pass.KvHeads; head++)
                {
                    int row = (layer * pass.KvHeads) + head;
                    _places[at++] = (row * pass.Entries) + pass.Counts[row] - pass.NewTokens + token;
                }
            }
        }

        Tensor places = pass.Rent(DType.I32, new Shape(count));
        pass.Device.Upload<int>(places, _places.AsSpan(0, count));
        pass.Device.Reduction.ScatterRows(
            matrix.Reshape(new Shape((long)pass.Rows * pass.Entries, 1)), _types.Rows(0, count).Reshape(new Shape(count, 1)), places);
    }

    /// <inheritdoc/>
    public override KvPolicyState Fork() => new NatsState(weights, weights.Share(layers));

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
            weights.Return(layers);
        }

        base.Dispose(disposing);
    }

    // Steps of prompts come first and are the largest, so that this happens once or twice.
    private void Reserve(int count)
    {
        if (!_counted.IsEmpty && _counted.Shape[0] >= count)
        {
            return;
        }

        Release();
        long capacity = BitOperations.RoundUpToPowerOf2((uint)count);
        _logits = layers.Device.AllocateTensor(DType.F32, new Shape(NatsWeights.Types * capacity));
        _chosen = layers.Device.AllocateTensor(DType.I32, new Shape(capacity));
        _counted = layers.Device.AllocateTensor(DType.I32, new Shape(capacity));
        _types = layers.Device.AllocateTensor(DType.F32, new Shape(layers.Count * capacity));
    }

    private void Release()
    {
        _logits.Release();
        _chosen.Release();
        _counted.Release();
        _types.Release();
    }
}
