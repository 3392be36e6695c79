using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Evaluates expressions.</summary>
internal sealed partial class TemplateEvaluator
{
    private TemplateValue Evaluate(TemplateExpression expression, TemplateScope scope)
    {
        _run.Step();
        _run.Enter();
        _run.Line = expression.Line;
        TemplateValue value = expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => scope.Find(name.Name) ?? TemplateGlobals.Find(name.Name) ?? new UndefinedValue($"'{name.Name}' is undefined"),
            AttributeExpression attribute => TemplateItems.Attribute(_run, Evaluate(attribute.Target, scope), attribute.Name),
            ItemExpression item => TemplateItems.Item(_run, Evaluate(item.Target, scope), Evaluate(item.Index, scope)),
            SliceExpression slice => EvaluateSlice(slice, scope),
            CallExpression call => EvaluateCall(call, scope),
            FilterExpression filter => EvaluateFilter(filter, scope),
            TestExpression test => BoolValue.Of(
                TemplateTests.Apply(_run, test.Name, Evaluate(test.Target, scope), Arguments(test.Name, test.Arguments, scope))),
            UnaryExpression unary => EvaluateUnary(unary, scope),
            BinaryExpression binary => EvaluateBinary(binary, scope),
            CompareExpression compare => EvaluateCompare(compare, scope),
            ConcatExpression concat => EvaluateConcat(concat, scope),
            ConditionalExpression conditional => EvaluateConditional(conditional, scope),
            SequenceExpression sequence => EvaluateSequence(sequence, scope),
            DictExpression dict => EvaluateDict(dict, scope),
            _ => throw _run.Fail("this is no expression"),
        };
        _run.Leave();
        return value;
    }

    private TemplateValue EvaluateFilter(FilterExpression filter, TemplateScope scope)
    {
        TemplateValue target = Evaluate(filter.Target!, scope);
        TemplateArguments arguments = Arguments(filter.Name, filter.Arguments, scope);
        _run.Line = filter.Line;
        return _filters.Apply(filter.Name, target, arguments);
    }

    private TemplateValue EvaluateUnary(UnaryExpression unary, TemplateScope scope)
    {
        TemplateValue operand = Evaluate(unary.Operand, scope);
        return unary.Operator == "not"
            ? BoolValue.Of(!TemplateOperators.IsTrue(operand))
            : TemplateOperators.Negate(_run, unary.Operator, operand);
    }

    private TemplateValue EvaluateBinary(BinaryExpression binary, TemplateScope scope)
    {
        TemplateValue left = Evaluate(binary.Left, scope);
        if (binary.Operator is "and" or "or")
        {
            return TemplateOperators.IsTrue(left) == (binary.Operator == "or") ? left : Evaluate(binary.Right, scope);
        }

        TemplateValue right = Evaluate(binary.Right, scope);
        _run.Line = binary.Line;
        return TemplateOperators.Binary(_run, binary.Operator, left, right);
    }

    private BoolValue EvaluateCompare(CompareExpression compare, TemplateScope scope)
    {
        TemplateValue left = Evaluate(compare.First, scope);
        foreach ((string op, TemplateExpression next) in compare.Rest)
        {
            TemplateValue right = Evaluate(next, scope);
            if (!TemplateOperators.Compare(_run, op, left, right))
            {
                return BoolValue.False;
            }

            left = right;
        }

        return BoolValue.True;
    }

    private TextValue EvaluateConcat(ConcatExpression concat, TemplateScope scope)
    {
        var builder = new TextBuilder(_run);
        foreach (TemplateExpression part in concat.Parts)
        {
            builder.Append(PythonRepr.ToText(_run, Evaluate(part, scope)));
        }

        return builder.ToValue();
    }

    private TemplateValue EvaluateConditional(ConditionalExpression conditional, TemplateScope scope)
    {
        if (TemplateOperators.IsTrue(Evaluate(conditional.Test, scope)))
        {
            return Evaluate(conditional.Then, scope);
        }

        return conditional.Else is null
            ? new UndefinedValue("the inline if-expression evaluated to false and no else section was defined")
            : Evaluate(conditional.Else, scope);
    }

    private ListValue EvaluateSequence(SequenceExpression sequence, TemplateScope scope)
    {
        var items = new List<TemplateValue>(sequence.Items.Count);
        foreach (TemplateExpression item in sequence.Items)
        {
            items.Add(Evaluate(item, scope));
        }

        return new ListValue(items, sequence.IsTuple ? ListKind.Tuple : ListKind.List);
    }

    private DictValue EvaluateDict(DictExpression dict, TemplateScope scope)
    {
        var result = new DictValue(_run);
        foreach ((TemplateExpression key, TemplateExpression value) in dict.Items)
        {
            TemplateValue evaluated = Evaluate(key, scope);
            result.Items[evaluated] = Evaluate(value, scope);
        }

        return result;
    }

    private TemplateValue EvaluateSlice(SliceExpression slice, TemplateScope scope)
    {
        TemplateValue target = Evaluate(slice.Target, scope);
        BigInteger? start = EvaluateBound(slice.Start, scope);
        BigInteger? stop = EvaluateBound(slice.Stop, scope);
        BigInteger? step = EvaluateBound(slice.Step, scope);
        return TemplateItems.Slice(_run, target, start, stop, step);
    }

    private BigInteger? EvaluateBound(TemplateExpression? expression, TemplateScope scope)
    {
        if (expression is null)
        {
            return null;
        }

        TemplateValue value = Evaluate(expression, scope);
        return value switch
        {
            NoneValue => null,
            IntValue or BoolValue => TemplateOperators.ToInteger(value),
            _ => throw _run.Fail("slice indices must be integers or none"),
        };
    }

    private TemplateValue EvaluateCall(CallExpression call, TemplateScope scope)
    {
        TemplateValue target = Evaluate(call.Target, scope);
        string name = call.Target switch { NameExpression n => n.Name, AttributeExpression a => a.Name, _ => "call" };
        TemplateArguments arguments = Arguments(name, call.Arguments, scope);
        _run.Line = call.Line;
        switch (target)
        {
            case MacroValue macro:
                return CallMacro(macro, arguments);
            case FunctionValue function:
                return TemplateGlobals.Call(_run, this, function.Name, arguments);
            case MethodValue method:
                return method.Target switch
                {
                    TextValue text => TextMethods.Call(_run, this, text, method.Name, arguments),
                    LoopValue loop => LoopMethods.Call(_run, loop, method.Name, arguments),
                    _ => CollectionMethods.Call(_run, this, method.Target, method.Name, arguments),
                };
            default:
                TemplateOperators.FailIfUndefined(_run, target);
                throw _run.Fail($"'{target.TypeName}' object is not callable");
        }
    }

    private TemplateArguments Arguments(string callee, ArgumentList list, TemplateScope scope)
    {
        var positional = new List<TemplateValue>(list.Positional.Count);
        foreach (TemplateExpression argument in list.Positional)
        {
            positional.Add(Evaluate(argument, scope));
        }

        var named = new List<(string, TemplateValue)>(list.Named.Count);
        foreach ((string name, TemplateExpression value) in list.Named)
        {
            named.Add((name, Evaluate(value, scope)));
        }

        return new TemplateArguments(_run, callee, positional, named);
    }
}
