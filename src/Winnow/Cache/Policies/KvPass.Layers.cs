using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <content>What policies need that go through the layers one by one, with the model's weights.</content>
public sealed partial class KvPass
{
    private readonly Dictionary<Type, IDisposable> _derived = [];

    /// <summary>What is rented from here on is given back when the result ends: for one layer's vectors, which are many.</summary>
    internal KvArenaScope Scope() => new(_arena);

    /// <summary>Brings numbers of the host to the device, I32 [numbers].</summary>
    internal Tensor RentList(List<int> numbers)
    {
        Tensor list = Rent(DType.I32, new Shape(numbers.Count));
        Device.Upload<int>(list, CollectionsMarshal.AsSpan(numbers));
        return list;
    }

    /// <summary>The positions of a layer's slots, I32 [kvHeads, entries]; 0 past a row's length.</summary>
    internal Tensor GatherPositions(int layer)
    {
        Tensor matrix = Rent(DType.I32, new Shape(KvHeads, Entries));
        Device.Cache.GatherSlots(matrix, _cache.Device, Heads.Rows((long)layer * KvHeads, KvHeads), _cache.Device.Positions);
        return matrix;
    }

    /// <summary>What a policy works out from the model once: made when first asked for, the same for all sequences, freed with the engine.</summary>
    /// <typeparam name="T">What it is; there is one of a type.</typeparam>
    /// <param name="make">Makes it.</param>
    internal T Derived<T>(Func<ComputeDevice, KvModel, T> make)
        where T : class, IDisposable
    {
        if (!_derived.TryGetValue(typeof(T), out IDisposable? derived))
        {
            _derived.Add(typeof(T), derived = make(Device, Model));
        }

        return (T)derived;
    }

    private void DisposeDerived()
    {
        foreach (IDisposable derived in _derived.Values)
        {
            derived.Dispose();
        }

        _derived.Clear();
    }
}
