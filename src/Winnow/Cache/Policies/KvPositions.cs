namespace Winnow.Cache.Policies;

/// <summary>Which position a kept key speaks for.</summary>
public enum KvPositions
{
    /// <summary>The one that its token has in the text.</summary>
    Original,

    /// <summary>
    /// The one that it has in the cache: the last slot stays where the text is, and the others move up behind it, so that distances never
    /// exceed the slots of the cache and a text may be longer than any that the model was made for.
    /// </summary>
    CacheRelative,
}
