using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;

namespace Winnow.Architecture;

/// <summary>One line for every public type and member of an assembly, in a form close to C#, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Describe(Assembly assembly) =>
        assembly.GetExportedTypes().SelectMany(DescribeType).Order(StringComparer.Ordinal);

    private static IEnumerable<string> DescribeType(Type type)
    {
        string name = FullName(type);
        yield return $"{name} : {Kind(type)}{Bases(type)}";
        if (type.IsEnum)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return $"{name}.{field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
            }

            yield break;
        }

        foreach (string member in type.GetMembers(Declared).Where(IsVisible).Select(DescribeMember).OfType<string>())
        {
            yield return $"{name}.{member}";
        }
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        IEnumerable<Type> inherited = type.BaseType is { } parent ? parent.GetInterfaces() : [];
        IEnumerable<string> bases = type.GetInterfaces().Where(face => face.IsVisible).Except(inherited).Select(Name).Order(StringComparer.Ordinal);
        if (type.BaseType is { } own && own != typeof(object) && own != typeof(ValueType) && !type.IsEnum)
        {
            bases = bases.Prepend(Name(own));
        }

        string list = string.Join(", ", bases);
        return type.IsEnum || list.Length == 0 ? "" : $" ({list})";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(true).Any(IsVisible),
        EventInfo happening => IsVisible(happening.AddMethod!),
        _ => false,
    };

    private static string? DescribeMember(MemberInfo member) => member switch
    {
        ConstructorInfo constructor when !constructor.IsStatic => $"ctor({Parameters(constructor)})",
        MethodInfo method when method.GetBaseDefinition() != method => null,
        MethodInfo method when !method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal) => DescribeMethod(method),
        PropertyInfo property => DescribeProperty(property),
        FieldInfo field => $"{field.Name} : {(field.IsLiteral ? "const " : field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)}",
        EventInfo happening => $"{happening.Name} : event {Name(happening.EventHandlerType!)}",
        _ => null,
    };

    private static string DescribeMethod(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{method.Name}{generic}({Parameters(method)}) : {(method.IsStatic ? "static " : "")}{Name(method.ReturnType)}";
    }

    private static string DescribeProperty(PropertyInfo property)
    {
        IEnumerable<string> accessors = property.GetAccessors(true).Where(IsVisible).Select(accessor =>
            accessor == property.GetMethod ? "get"
            : accessor.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? "init" : "set");
        ParameterInfo[] index = property.GetIndexParameters();
        string brackets = index.Length == 0 ? "" : $"[{string.Join(", ", index.Select(Parameter))}]";
        string modifier = property.GetAccessors(true)[0].IsStatic ? "static " : "";
        return $"{property.Name}{brackets} {{ {string.Join("; ", accessors)} }} : {modifier}{Name(property.PropertyType)}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string direction = parameter switch { { IsOut: true } => "out ", { IsIn: true } => "in ", _ => "" };
        string value = parameter.HasDefaultValue
            ? " = " + (Convert.ToString(parameter.RawDefaultValue, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "default")
            : "";
        return $"{direction}{Name(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string FullName(Type type) => type.DeclaringType is { } outer
        ? $"{FullName(outer)}.{Name(type)}"
        : $"{type.Namespace}.{Name(type)}";

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!) + "&";
        }

        if (type.IsPointer)
        {
            return Name(type.GetElementType()!) + "*";
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Name(inner) + "?";
        }

        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
