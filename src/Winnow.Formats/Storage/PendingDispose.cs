using System;
using System.Collections.Generic;

namespace Winnow.Formats.Storage;

/// <summary>Disposes what has been built so far unless the whole construction succeeds.</summary>
internal sealed class PendingDispose : IDisposable
{
    private readonly List<IDisposable> _items = [];

    public PendingDispose(IDisposable? first = null)
    {
        if (first is not null)
        {
            _items.Add(first);
        }
    }

    /// <summary>Adds an object to dispose on failure, and returns it.</summary>
    public T Add<T>(T item)
        where T : IDisposable
    {
        _items.Add(item);
        return item;
    }

    /// <summary>The construction succeeded: somebody else owns the objects now.</summary>
    public void Release() => _items.Clear();

    public void Dispose()
    {
        for (int i = _items.Count - 1; i >= 0; i--)
        {
            _items[i].Dispose();
        }
    }
}
