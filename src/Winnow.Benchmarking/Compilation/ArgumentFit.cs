using System.Linq;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Compilation;

/// <summary>Compares the arguments of a description with the parameters of the kernel, before anything runs with the wrong ones.</summary>
internal static class ArgumentFit
{
    private const int AddressBytes = 8;

    /// <exception cref="KernelDescriptionException">They do not fit.</exception>
    public static void Check(KernelDescription description, LaunchPlan plan, KernelEntry entry)
    {
        if (plan.Arguments.Count != entry.Parameters.Count)
        {
            string names = string.Join(", ", plan.Arguments.Select(argument => argument.Name));
            throw description.Problem(
                "arguments", $"the kernel {entry.Name} takes {entry.Parameters.Count} arguments, and {plan.Arguments.Count} are described: {names}.");
        }

        for (int i = 0; i < plan.Arguments.Count; i++)
        {
            if (ProblemOf(plan.Arguments[i], entry.Parameters[i]) is { } problem)
            {
                throw description.Problem($"arguments[{i}]", $"argument {i + 1} '{plan.Arguments[i].Name}' {problem}.");
            }
        }
    }

    private static string? ProblemOf(PlannedArgument argument, KernelParameter parameter)
    {
        if (argument.IsMemory)
        {
            return parameter.Bytes == AddressBytes && parameter is { IsFloat: false, IsStruct: false }
                ? null
                : $"is memory, and the kernel takes {Text(parameter)} by value there";
        }

        long bytes = argument.Type.Bytes();
        if (bytes != parameter.Bytes)
        {
            return parameter.IsStruct
                ? $"is {bytes} bytes, and the kernel takes a struct of {parameter.Bytes}, which a description cannot make: give the kernel plain arguments"
                : $"is {bytes} bytes, and the kernel takes {parameter.Bytes}";
        }

        bool isPlainFloat = argument.Type is ElementType.F32 or ElementType.F64;
        return isPlainFloat != parameter.IsFloat && !parameter.IsStruct
            ? $"is {argument.Type.NameOf()}, and the kernel takes {Text(parameter)}"
            : null;
    }

    private static string Text(KernelParameter parameter) => parameter.IsStruct ? $"a struct of {parameter.Bytes} bytes" : parameter.Kind switch
    {
        "f32" or "f64" => parameter.Kind,
        _ => $"an integer of {parameter.Bytes * 8} bits",
    };
}
