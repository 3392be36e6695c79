using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Traces.References;

namespace Winnow.Benchmarking.Traces;

/// <summary>References by the name of a definition or by its op_type; the name goes first.</summary>
public sealed class TraceReferences
{
    private readonly Dictionary<string, TraceReference> _references = new(StringComparer.Ordinal);

    /// <summary>The names and op_types that there are.</summary>
    public IEnumerable<string> Names => _references.Keys.Order(StringComparer.Ordinal);

    /// <summary>Those that ship: <c>rmsnorm</c> with and without a residual, <c>gemm</c>, <c>gqa_paged</c>, <c>gqa_ragged</c> and <c>mla_paged</c>, decode and causal prefill, <c>rope</c> with a cache, <c>moe</c> in 8 bits, and <c>sampling</c> by top-k, top-p and both.</summary>
    public static TraceReferences Shipped() => new TraceReferences()
        .Add("rmsnorm", NormReference.Create())
        .Add("fused_add_rmsnorm", NormReference.Create())
        .Add("gemm", GemmReference.Create())
        .Add("gqa_paged", AttentionReference.Create())
        .Add("gqa_ragged", AttentionReference.Create())
        .Add("mla_paged", AttentionReference.Create())
        .Add("rope", RopeReference.Create())
        .Add("moe", MoeReference.Create())
        .Add("sampling", SamplingReference.Create());

    /// <summary>Adds a reference, in the place of one that is there.</summary>
    /// <param name="name">The name of a definition, or an op_type.</param>
    /// <param name="reference">The reference.</param>
    public TraceReferences Add(string name, TraceReference reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _references[name] = reference;
        return this;
    }

    /// <summary>The reference of a definition; null where there is none.</summary>
    /// <param name="definition">The definition.</param>
    public TraceReference? Find(TraceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return _references.GetValueOrDefault(definition.Name) ?? _references.GetValueOrDefault(definition.OpType);
    }
}
