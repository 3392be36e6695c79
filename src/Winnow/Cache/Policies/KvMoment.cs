using System;

namespace Winnow.Cache.Policies;

/// <summary>When in the life of a sequence a policy is asked.</summary>
[Flags]
public enum KvMoment
{
    /// <summary>Never.</summary>
    None = 0,

    /// <summary>A part of a prompt was computed, and more of it follows.</summary>
    Chunk = 1,

    /// <summary>The last part of a prompt, or of what a session was given, was computed.</summary>
    PrefillEnd = 2,

    /// <summary>One token was computed.</summary>
    Decode = 4,

    /// <summary>While prompts are computed.</summary>
    Prefill = Chunk | PrefillEnd,

    /// <summary>After every step.</summary>
    Always = Prefill | Decode,
}
