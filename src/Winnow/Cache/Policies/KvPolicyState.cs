using System;
using System.IO;

namespace Winnow.Cache.Policies;

/// <summary>
/// What a policy notes about one sequence beside the planes of its slots. It lives and dies with the sequence, forks with it, and is saved
/// and restored with it.
/// </summary>
public abstract class KvPolicyState : IDisposable
{
    /// <summary>A copy for a fork of the sequence.</summary>
    public abstract KvPolicyState Fork();

    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    public abstract void Save(BinaryWriter writer);

    /// <summary>Reads what <see cref="Save"/> wrote into a new state.</summary>
    /// <param name="reader">Where from.</param>
    public abstract void Restore(BinaryReader reader);

    /// <summary>Forgets what concerns tokens from a position on.</summary>
    /// <param name="length">Tokens that stay.</param>
    public virtual void Truncate(int length)
    {
    }

    /// <summary>How many slots of each head belong to tokens before a position, where the state knows; null where the cache has to look.</summary>
    /// <param name="length">The position.</param>
    public virtual int? SlotsBefore(int length) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what it holds on a device.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
