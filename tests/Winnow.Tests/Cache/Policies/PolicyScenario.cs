namespace Winnow.Tests.Cache.Policies;

/// <summary>What keys, values and queries look like.</summary>
internal enum PolicyScenario
{
    /// <summary>Normal numbers.</summary>
    Random,

    /// <summary>All keys, values and queries are the same, so that everything scores alike.</summary>
    Equal,

    /// <summary>A few different vectors, repeated: many exact ties.</summary>
    Repeated,

    /// <summary>Scores so large that attention is all or nothing.</summary>
    Extreme,
}
