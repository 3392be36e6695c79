using System;
using System.Collections.Generic;
using Winnow.Kernels;

namespace Winnow.Models;

/// <summary>What a step computes in between, allocated once for the largest step. Row counts in comments: T tokens, R logit rows.</summary>
internal sealed class DecoderWorkspace : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly Tensor _hidden;
    private readonly Tensor _normed;
    private readonly Tensor _queries;
    private readonly Tensor _keys;
    private readonly Tensor _values;
    private readonly Tensor _attended;
    private readonly Tensor _gated;
    private readonly Tensor _logitHidden;
    private readonly Tensor _logits;
    private readonly Rotary _rope;
    private readonly Rotary? _windowRope;

    public DecoderWorkspace(ComputeDevice device, ModelConfig config, DecoderOptions options, int vocabulary)
    {
        _device = device;
        try
        {
            int tokens = options.MaxTokens;
            _hidden = Allocate(tokens, config.Hidden);
            _normed = Allocate(tokens, config.Hidden);
            _queries = Allocate(tokens, (long)config.Heads * config.HeadDim);
            _keys = Allocate(tokens, (long)config.KvHeads * config.HeadDim);
            _values = Allocate(tokens, (long)config.KvHeads * config.HeadDim);
            _attended = Allocate(tokens, (long)config.Heads * config.HeadDim);
            _gated = Allocate(tokens, config.Ffn);
            _logitHidden = Allocate(options.MaxLogitRows, config.Hidden);
            _logits = Allocate(options.MaxLogitRows, vocabulary);
            _rope = MakeRotary(config.Rope, config, options);
            _windowRope = config.WindowRope is null ? null : MakeRotary(config.WindowRope, config, options);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Inverse frequencies, F32 [rotary / 2].</summary>
    public Tensor InverseFrequencies => _rope.Inverse;

    /// <summary>Those of layers with a window; empty where they are the same.</summary>
    public Tensor WindowInverseFrequencies => _windowRope?.Inverse ?? default;

    /// <summary>Views for a step of so many tokens and rows of logits.</summary>
    public Step ForStep(int tokens, int logitRows)
    {
        Tensor rope = _rope.Table.Rows(0, tokens);
        return new Step
        {
            Hidden = _hidden.Rows(0, tokens),
            Normed = _normed.Rows(0, tokens),
            Queries = _queries.Rows(0, tokens),
            Keys = _keys.Rows(0, tokens),
            Values = _values.Rows(0, tokens),
            Attended = _attended.Rows(0, tokens),
            Gated = _gated.Rows(0, tokens),
            LogitHidden = _logitHidden.Rows(0, logitRows),
            Logits = _logits.Rows(0, logitRows),
            Rope = rope,
            WindowRope = _windowRope?.Table.Rows(0, tokens) ?? rope,
        };
    }

    /// <summary>Fills the step's tables of cosines and sines; they serve every layer.</summary>
    public void ComputeRopeTables(Tensor positions, in Step step)
    {
        _device.Norm.RopeTable(step.Rope, positions, _rope.Inverse, _rope.Magnitude);
        if (_windowRope is not null)
        {
            _device.Norm.RopeTable(step.WindowRope, positions, _windowRope.Inverse, _windowRope.Magnitude);
        }
    }

    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private Tensor Allocate(long rows, long columns) => Allocate(new Shape(rows, columns));

    private Tensor Allocate(Shape shape)
    {
        Tensor tensor = _device.AllocateTensor(DType.F32, shape);
        _buffers.Add(tensor.Buffer);
        return tensor;
    }

    private Rotary MakeRotary(RopeConfig rope, ModelConfig config, DecoderOptions options)
    {
        float[] inverse = RopeFrequencies.Inverse(rope, options.ContextTokens);
        Tensor device = Allocate(new Shape(inverse.Length));
        _device.Upload<float>(device, inverse);
        Tensor table = Allocate(new Shape(options.MaxTokens, inverse.Length, 2));
        return new Rotary(device, table, RopeFrequencies.Magnitude(rope, config.ContextTokens));
    }

    internal readonly record struct Step
    {
        public required Tensor Hidden { get; init; }  // [T, D]

        public required Tensor Normed { get; init; }  // [T, D]

        public required Tensor Queries { get; init; }  // [T, H * d]

        public required Tensor Keys { get; init; }  // [T, G * d]

        public required Tensor Values { get; init; }  // [T, G * d]

        public required Tensor Attended { get; init; }  // [T, H * d]

        public required Tensor Gated { get; init; }  // [T, F]

        public required Tensor LogitHidden { get; init; }  // [R, D]

        public required Tensor Logits { get; init; }  // [R, V]

        public required Tensor Rope { get; init; }  // [T, rotary / 2, 2]

        public required Tensor WindowRope { get; init; }  // [T, rotary / 2, 2]
    }

    private sealed record Rotary(Tensor Inverse, Tensor Table, float Magnitude);
}
