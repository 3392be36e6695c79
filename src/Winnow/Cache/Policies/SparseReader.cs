using System;
using System.Collections.Generic;

namespace Winnow.Cache.Policies;

/// <summary>Carries a <see cref="SparseReadPolicy"/> out: it stands in for the attention of each layer of the steps that are read sparsely.</summary>
public abstract class SparseReader : IDisposable
{
    /// <summary>Notes on the host what the coming step is, before anything of it is issued.</summary>
    /// <param name="sequences">The sequences of the step, whose tokens the cache has not counted yet.</param>
    /// <param name="decodes">Whether each has one token.</param>
    public abstract void Prepare(IReadOnlyList<KvSequence> sequences, bool decodes);

    /// <summary>Issues what goes before the layers of the step. What it issues may be recorded, and so must not depend on the host's numbers.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Issues the attention of a layer.</summary>
    /// <param name="layer">What it reads and writes.</param>
    public abstract void Attend(in SparseLayer layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Refuses sequences that something has evicted from: slots of all heads are those of the same tokens, and none is missing.</summary>
    private protected static void RequireEverything(IReadOnlyList<KvSequence> sequences)
    {
        for (int i = 0; i < sequences.Count; i++)
        {
            if (sequences[i].HasEvicted)
            {
                throw new InvalidOperationException("Sparse reading needs a cache that nothing has left.");
            }
        }
    }

    /// <summary>Frees what it holds on the device.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
