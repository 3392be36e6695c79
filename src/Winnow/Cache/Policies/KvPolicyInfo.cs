using System;
using System.Collections.Generic;

namespace Winnow.Cache.Policies;

/// <summary>What there is to say about a policy.</summary>
/// <param name="Name">What it is called on a command line and in files: lower case, without spaces.</param>
/// <param name="Summary">What it keeps, in one line.</param>
/// <param name="Source">The paper: authors, year, arXiv number; empty for controls.</param>
public sealed record KvPolicyInfo(string Name, string Summary, string Source)
{
    /// <summary>Whether it keeps everything and chooses what a step reads; otherwise slots leave.</summary>
    public bool ReadsSparsely { get; init; }

    /// <summary>Its options.</summary>
    public IReadOnlyList<KvPolicyOption> Options { get; init; } = Array.Empty<KvPolicyOption>();
}
