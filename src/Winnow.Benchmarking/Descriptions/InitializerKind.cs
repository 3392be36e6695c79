namespace Winnow.Benchmarking.Descriptions;

/// <summary>Where the first values of an argument come from.</summary>
internal enum InitializerKind
{
    /// <summary>Nowhere: what is there stays.</summary>
    None,

    /// <summary>Normal numbers of mean 0 and deviation 1.</summary>
    Normal,

    /// <summary>Evenly spread numbers.</summary>
    Uniform,

    /// <summary>0, 1, 2, ...</summary>
    Range,

    /// <summary>One value for all.</summary>
    Constant,

    /// <summary>A file's bytes.</summary>
    File,
}
