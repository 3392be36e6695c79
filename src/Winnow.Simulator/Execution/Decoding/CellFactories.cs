using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution.Decoding;

/// <summary>Makes an operation for a cell of memory.</summary>
internal interface ICellFactory
{
    /// <summary>Makes it; null where the space is not known.</summary>
    Operation? Make<TCell>()
        where TCell : struct, ICell;
}

/// <summary>Makes loads.</summary>
internal readonly struct LoadFactory(AddressOperand address, Access access, int[] destinations, string space) : ICellFactory
{
    public Operation? Make<TCell>()
        where TCell : struct, ICell
        => space switch
        {
            "global" or "const" => new Load<GlobalSpace, TCell>(address, access, destinations),
            "shared" => new Load<SharedSpace, TCell>(address, access, destinations),
            "shared::cluster" => new Load<ClusterSpace, TCell>(address, access, destinations),
            "local" => new Load<LocalSpace, TCell>(address, access, destinations),
            "generic" => new Load<GenericSpace, TCell>(address, access, destinations),
            _ => null,
        };
}

/// <summary>Makes stores.</summary>
internal readonly struct StoreFactory(AddressOperand address, Access access, int[] sources, string space) : ICellFactory
{
    public Operation? Make<TCell>()
        where TCell : struct, ICell
        => space switch
        {
            "global" => new Store<GlobalSpace, TCell>(address, access, sources),
            "shared" => new Store<SharedSpace, TCell>(address, access, sources),
            "shared::cluster" => new Store<ClusterSpace, TCell>(address, access, sources),
            "local" => new Store<LocalSpace, TCell>(address, access, sources),
            "generic" => new Store<GenericSpace, TCell>(address, access, sources),
            _ => null,
        };
}

/// <summary>Makes loads of kernel parameters.</summary>
internal readonly struct ArgumentFactory(int offset, int[] destinations) : ICellFactory
{
    public Operation? Make<TCell>()
        where TCell : struct, ICell
        => new LoadArgument<TCell>(offset, destinations);
}
