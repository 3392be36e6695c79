namespace Winnow.Kernels.Attention;

/// <summary>What a query at q sees by position p, besides the other rules; the kernels' <c>WINDOW</c> has the same numbers.</summary>
internal enum AttentionReach
{
    /// <summary>Every position.</summary>
    All,

    /// <summary>p above q - window.</summary>
    Window,

    /// <summary>p above q - window, or below the number of sinks.</summary>
    SinksAndWindow,

    /// <summary>p from the number of sinks to q - window.</summary>
    Distant,

    /// <summary>As <see cref="SinksAndWindow"/>, of a window that grows with q.</summary>
    GrowingNear,

    /// <summary>As <see cref="Distant"/>, of a window that grows with q.</summary>
    GrowingDistant,
}
